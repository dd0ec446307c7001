import { expect, test } from "vitest";
import type { JobRequest, JobStatus, JobView, MethodCard, RunIndex } from "../../api/types";
import { merged, NO_JOBS } from "../../state/job_list";
import { inputOfData, inputOfResult } from "../../state/own_inputs";
import { shownJob } from "./jobs";
import { chosenText } from "./pictures_field";
import { costOf, costSentence, costText, exampleOf, purpose, recipeGroups } from "./recipes";
import { subjectText } from "./subject";
import { placeBefore } from "./waiting_list";

function job(id: string, state: JobStatus["state"], status: Partial<JobStatus> = {}, run = "r"): JobView {
  const request = { id, method: "dream", params: {} } as JobRequest;
  return {
    run,
    request,
    in_cache: false,
    network: null,
    status: { state, preview: null, ...status } as JobStatus,
  };
}

const listOf = (...jobs: JobView[]) =>
  merged(NO_JOBS, { rev: "1", order: jobs.map((one) => one.request.id), jobs });

function request(params: JobRequest["params"], more: Partial<JobRequest> = {}): JobRequest {
  return { params, examples: [], inputs: 0, origins: [], step: 4, ...more } as unknown as JobRequest;
}

test("the job chosen is shown, else the one that runs, else the latest", () => {
  const list = listOf(job("a", "running"), job("b", "queued"), job("c", "done"));
  expect(shownJob(list, null)?.request.id).toBe("a");
  expect(shownJob(list, "c")?.request.id).toBe("c");
  expect(shownJob(list, "gone")).toBeUndefined();
  expect(shownJob(listOf(job("b", "queued"), job("c", "done")), null)?.request.id).toBe("c");
});

test("a waiting job moves by one place, and never beyond the ends", () => {
  const ids = ["a", "b", "c"];
  expect(placeBefore(ids, "b", -1)).toBe("a");
  expect(placeBefore(ids, "a", 1)).toBe("c");
  expect(placeBefore(ids, "b", 1)).toBeNull();
  expect(placeBefore(ids, "a", -1)).toBeUndefined();
  expect(placeBefore(ids, "c", 1)).toBeUndefined();
});

test("what a job looks at is said in a few words, classes by name", () => {
  const index = { examples: { class_names: ["tench", "shark"] } } as unknown as RunIndex;
  expect(subjectText(request({ units: [1], layer: null }), index)).toBe("shark");
  expect(subjectText(request({ units: [1, 2, 3, 4, 5], layer: "conv" }), index)).toBe(
    "conv · 1, 2, 3 and 2 more",
  );
  expect(subjectText(request({ target: 0 }, { examples: [2], inputs: 1 }), index)).toBe(
    "tench · image 2, own picture",
  );
  expect(subjectText(request({ layers: ["a", "b"] }, { inputs: 2 }), null)).toBe("2 layers · 2 own pictures");
  const origins = [null, { method: "deep_dream" }] as JobRequest["origins"];
  expect(subjectText(request({}, { inputs: 2, origins }), null)).toBe("own picture, from Deep dream");
  expect(subjectText(request({ layer: "conv", channel: 7, layers: [] }), null)).toBe("conv · channel 7");
  expect(subjectText(request({ units: [7] }), null)).toBe("class 7");
});

function card(kind: string, more: Partial<MethodCard> = {}): MethodCard {
  return { name: kind, kind, help: "", makes: "", schema: {}, needs_examples: true, ...more } as MethodCard;
}

test("recipes are grouped by what they give, and say their first sentence", () => {
  const network = { properties: { network: { "x-widget": "network" } } };
  const cards = [
    card("heatmap"),
    card("images", { name: "fast", schema: network }),
    card("images", { name: "dream" }),
    card("images", { name: "fit", makes: "style" }),
    card("images", { name: "ascent", needs_examples: false }),
    card("feature_maps"),
  ];
  expect(recipeGroups(cards).map((group) => group.cards.map(({ name }) => name))).toEqual([
    ["ascent"],
    ["dream", "fast"],
    ["fit"],
    ["heatmap"],
    ["feature_maps"],
  ]);
  expect(recipeGroups(cards.slice(0, 1))).toHaveLength(1);
  expect(purpose({ help: "What it shows.\n\nMore." } as MethodCard)).toBe("What it shows");
});

test("costs are those measured on this run, pictures may come from another", () => {
  const done = { preview: "p", started: 1, finished: 13, device: "cpu", total: 60 };
  const list = listOf(job("a", "failed", done), job("b", "done", done, "other"));
  expect(costOf(list, "dream", "r")).toBeNull();
  const cost = costOf(list, "dream", "other", 30);
  expect(cost).toEqual({ seconds: 12, device: "cpu", iterations: 60, scaled: null });
  const dream = card("images", { name: "dream" });
  expect(exampleOf(list, dream, "r")?.request.id).toBe("b");
  expect(exampleOf(list, { ...dream, name: "saliency" }, "r")).toBeUndefined();
  const bare = listOf(job("b", "done"));
  expect(exampleOf(bare, dream, "r")).toBeUndefined();
  expect(exampleOf(bare, { ...dream, kind: "heatmap" }, "r")?.request.id).toBe("b");
  expect(costSentence({ seconds: 0.4, device: "cpu", iterations: 169, scaled: null })).toBe(
    "less than 1 s, cpu (as last time)",
  );
  expect([0.2, 12.4, 200].map(costText)).toEqual(["< 1 s", "12 s", "3 min"]);
});

test("for other iterations the cost is what they would take at the pace measured", () => {
  const one = job("a", "done", { started: 0, finished: 8, device: "cpu", total: 40 });
  const list = listOf({ ...one, request: { ...one.request, params: { iterations: 10 } } });
  expect(costOf(list, "dream", "r", 10)?.scaled).toBeNull();
  const cost = costOf(list, "dream", "r", 30);
  expect(cost?.scaled).toBe(24);
  expect(cost && costSentence(cost)).toBe("about 24 s, cpu (40 iterations took 8 s)");
});

test("which pictures go with the job is said, none chosen included", () => {
  const needs = { needs_examples: true, schema: {} } as MethodCard;
  expect(chosenText(needs, 0, [], 12)).toBe("none chosen: all 12 examples");
  expect(chosenText({ ...needs, needs_examples: false }, 0, [], 12)).toBe("none chosen: it needs none");
  const given = [inputOfData("waves", "AA"), inputOfResult("j", 0, "Dream", "data:")];
  expect(chosenText(needs, 2, given, 12)).toBe("2 of 12 examples, 1 own picture, 1 result");
  const schema = { properties: { styles: { "x-widget": "examples" } } };
  expect(chosenText({ ...needs, schema }, 0, [], 12)).toBe("none chosen: the first examples");
});
