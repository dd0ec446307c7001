import { expect, test } from "vitest";
import { Client } from "../../api/client";
import type { JobRequest, JobStatus, JobView, MethodCard } from "../../api/types";
import { merged, NO_JOBS } from "../../state/job_list";
import { Store } from "../../state/store";
import { networkNote, networksOf, stylesOfNetwork, takersOf } from "./networks";

const client = new Client("http://here/");

interface Sample {
  request?: Partial<JobRequest>;
  status?: Partial<JobStatus>;
  facts?: Record<string, unknown> | null;
  run?: string;
}

function trained(id: string, { request, status, facts = {}, run = "r" }: Sample = {}): JobView {
  const asked = {
    id,
    method: "fit_style",
    params: {},
    step: 4,
    examples: [],
    inputs: 0,
    created: 0,
    ...request,
  };
  const stands = { state: "done", preview: null, iteration: 0, objective: [], ...status };
  const network = facts && { kind: "style", facts };
  return {
    run,
    request: asked as JobRequest,
    status: stands as unknown as JobStatus,
    in_cache: false,
    network,
  };
}

test("networks of this run are offered, those of others and jobs without one are not", () => {
  const store = new Store();
  store.a.run.value = "r";
  const jobs = [trained("b"), trained("a", { facts: null }), trained("c", { run: "other" })];
  store.jobs.value = merged(NO_JOBS, { rev: "1", order: ["b", "a", "c"], jobs });
  expect(networksOf({ store, client }, []).map(({ name, kind }) => [name, kind])).toEqual([["b", "style"]]);
});

test("a network says how far it was trained and with which loss", () => {
  expect(networkNote(trained("a", { facts: { iterations: 2000, loss: 0.25 } }))).toBe(
    "step 4 · 2,000 iterations · loss 0.25",
  );
  const stopped = {
    state: "cancelled" as const,
    iteration: 12,
    objective: [[12, 3.5]] as [number, number][],
  };
  expect(networkNote(trained("a", { status: stopped, request: { step: null } }))).toBe(
    "stored weights · 12 iterations · loss 3.50 · stopped early",
  );
});

test("its styles are the pictures that its job was given, in the order of the mix", () => {
  const examples = ["shirt", "boot", "bag"].map((title) => ({ title, pixels: null }));
  const titles = (job: JobView) =>
    stylesOfNetwork({ store: new Store(), client }, job, examples).map(({ title, url }) => url ?? title);
  const facts = { styles: [2, 0] };
  const given = { examples: [1, 2], inputs: 1 };
  expect(titles(trained("a", { facts, request: given }))).toEqual([
    "http://here/jobs/a/input?index=0",
    "example boot",
  ]);
  expect(titles(trained("a", { facts }))).toEqual(["example bag", "example shirt"]);
  expect(titles(trained("a", { facts: { styles: "no list" } }))).toEqual([]);
});

test("what takes a network is found by its form", () => {
  const card = (name: string, kind: string) =>
    ({
      name,
      schema: { properties: { by: { "x-widget": "network", "x-kind": kind } } },
    }) as unknown as MethodCard;
  const cards = [
    card("paint", "style"),
    card("climb", "decoder"),
    { name: "plain", schema: {} } as MethodCard,
  ];
  expect(takersOf(cards, "style").map((one) => [one.card.name, one.parameter])).toEqual([["paint", "by"]]);
});
