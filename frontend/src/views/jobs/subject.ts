/** What a job looks at, in a few words: layer, units or class, pictures, step. */

import type { JobRequest, JobView, RunIndex } from "../../api/types";
import type { Store } from "../../state/store";
import { className } from "../records/examples";
import { methodTitle } from "../records/series";

const MOST = 3;

/** "layer3 · 7, 12 · step 400"; `index` of the request's run gives classes their names. */
export function subjectText(request: JobRequest, index: RunIndex | null): string {
  const parts = [layersText(request.params), unitsText(request.params, index), picturesText(request)];
  return parts.filter(Boolean).join(" · ");
}

/** Which weights: "step 400", or those stored with the model. */
export function weightsWord(request: JobRequest): string {
  return request.step === null ? "stored weights" : `step ${request.step}`;
}

function layersText({ layer, layers }: JobRequest["params"]): string {
  if (typeof layer === "string") return layer;
  if (!Array.isArray(layers)) return "";
  return layers.length > 1 ? `${layers.length} layers` : String(layers[0] ?? "");
}

function unitsText(params: JobRequest["params"], index: RunIndex | null): string {
  const hasLayer = typeof params.layer === "string";
  const name = (unit: unknown) => (hasLayer ? String(unit) : className(index, Number(unit)));
  if (Array.isArray(params.units)) return manyText(params.units.map(name));
  if (typeof params.channel === "number") return `channel ${params.channel}`;
  return typeof params.target === "number" ? className(index, params.target) : "";
}

function picturesText({ examples, inputs, origins }: JobRequest): string {
  const made = origins.flatMap((origin) => (origin ? [methodTitle(origin.method)] : []));
  const files = inputs - made.length;
  const own = files <= 0 ? "" : files === 1 ? "own picture" : `${files} own pictures`;
  const chosen = examples.length === 0 ? "" : `image ${manyText(examples.map(String))}`;
  const from = made.length === 0 ? "" : `from ${manyText([...new Set(made)])}`;
  return [chosen, own, from].filter(Boolean).join(", ");
}

/** "1, 2, 3 and 2 more". */
export function manyText(texts: readonly string[]): string {
  if (texts.length <= MOST) return texts.join(", ");
  return `${texts.slice(0, MOST).join(", ")} and ${texts.length - MOST} more`;
}

/** The index of a job's run where it is one of those looked at. */
export function indexOf(store: Store, job: JobView): RunIndex | null {
  return store.sides.value.find((side) => side.index.value?.name === job.run)?.index.value ?? null;
}
