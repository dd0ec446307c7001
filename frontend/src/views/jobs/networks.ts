/** Networks that jobs have trained: what a form offers of them, and which methods make and take them. */

import type { JobView, MethodCard } from "../../api/types";
import { valueText } from "../../draw/number_text";
import { chooseMethod } from "../../state/draft";
import type { Store } from "../../state/store";
import type { Schema } from "../../ui/form/schema";
import type { ExampleSource, MakerSource, NetworkSource } from "../../ui/form/sources";
import type { ViewProps } from "../view";
import { titleOf } from "./titles";

/** Of run A, the newest first; `examples` are its own. */
export function networksOf(
  { store, client }: ViewProps,
  examples: readonly ExampleSource[],
): NetworkSource[] {
  const { order, byId } = store.jobs.value;
  const run = store.a.run.value;
  return order.flatMap((id) => {
    const job = byId.get(id);
    if (!job?.network || job.run !== run) return [];
    const { preview } = job.status;
    const source: NetworkSource = {
      name: id,
      kind: job.network.kind,
      title: networkTitle(store, job),
      note: networkNote(job),
      url: preview === null ? null : client.jobs.previewUrl(id, preview),
      styles: stylesOfNetwork({ store, client }, job, examples),
    };
    return [source];
  });
}

/** "Fast style: train · 21 Nov, 21:40". */
function networkTitle(store: Store, { request }: JobView): string {
  const when = new Date(request.created * 1000);
  const time = when.toLocaleString(undefined, {
    day: "numeric",
    month: "short",
    hour: "2-digit",
    minute: "2-digit",
  });
  return [titleOf(store, request), request.created ? time : ""].filter(Boolean).join(" · ");
}

/** "step 400 · 2,000 iterations · loss 0.31 · stopped early". */
export function networkNote({ request, status, network }: JobView): string {
  const { iterations, loss } = network?.facts ?? {};
  const last = status.objective.at(-1)?.[1];
  const done = typeof iterations === "number" ? iterations : status.iteration;
  const value = typeof loss === "number" ? loss : last;
  return [
    request.step === null ? "stored weights" : `step ${request.step}`,
    done > 0 ? `${done.toLocaleString("en")} iterations` : "",
    typeof value === "number" ? `loss ${valueText(value)}` : "",
    status.state === "cancelled" ? "stopped early" : "",
  ]
    .filter(Boolean)
    .join(" · ");
}

/** The pictures whose styles a network has learnt, in the order in which it mixes them. */
export function stylesOfNetwork(
  { client }: ViewProps,
  { request, network }: JobView,
  examples: readonly ExampleSource[],
): ExampleSource[] {
  const rows = network?.facts.styles;
  if (!Array.isArray(rows)) return [];
  const { id, inputs } = request;
  const isAll = request.examples.length === 0 && inputs === 0;
  return rows.map((row, at) => {
    const number = typeof row === "number" ? row : at;
    const example = isAll ? number : request.examples[number];
    const own = number - request.examples.length;
    if (example !== undefined)
      return {
        title: `example ${examples[example]?.title ?? example}`,
        pixels: examples[example]?.pixels ?? null,
      };
    const url = own >= 0 && own < inputs ? { url: client.jobs.inputUrl(id, own) } : {};
    return { title: `style ${at + 1}`, pixels: null, ...url };
  });
}

/** The methods that train networks, by what they make. */
export function makersOf(store: Store): MakerSource[] {
  const cards = store.catalogue.value?.catalogue?.methods ?? [];
  return cards
    .filter((card) => card.makes !== "")
    .map(({ name, title, makes }) => ({ kind: makes, title, open: () => chooseMethod(store, name) }));
}

/** The methods that take a network of a kind, each with the parameter that names it. */
export function takersOf(
  cards: readonly MethodCard[],
  kind: string,
): { card: MethodCard; parameter: string }[] {
  return cards.flatMap((card) => {
    const fields = Object.entries((card.schema.properties ?? {}) as Record<string, Schema>);
    const found = fields.find(([, field]) => field["x-widget"] === "network" && field["x-kind"] === kind);
    return found ? [{ card, parameter: found[0] }] : [];
  });
}
