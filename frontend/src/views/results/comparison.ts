/** What tells two jobs apart, in a few words each. */

import type { JobView } from "../../api/types";
import { methodTitle } from "../records/series";
import { stepText } from "./provenance";
import { textOf } from "./variations";

/** A label for each of two jobs: only what differs. */
export function comparisonLabels(a: JobView, b: JobView): [string, string] {
  const [one, two] = [differing(a, b), differing(b, a)];
  const same = `asked ${new Date(a.request.created * 1000).toLocaleTimeString()}`;
  return [one || same, two || `asked ${new Date(b.request.created * 1000).toLocaleTimeString()}`];
}

function differing(job: JobView, other: JobView): string {
  const { run, request } = job;
  const parts: string[] = [];
  if (run !== other.run) parts.push(`run ${run}`);
  if (request.method !== other.request.method) parts.push(methodTitle(request.method));
  if (request.step !== other.request.step) parts.push(stepText(request));
  if (request.seed !== other.request.seed) parts.push(`seed ${request.seed}`);
  for (const [name, value] of Object.entries(request.params))
    if (textOf(value) !== textOf(other.request.params[name]))
      parts.push(`${name.replaceAll("_", " ")} ${textOf(value)}`);
  const shown = parts.slice(0, 4).join(" · ");
  return parts.length > 4 ? `${shown} …` : shown;
}

/**
 * Jobs that a result can be laid beside, those that differ least first.
 *
 * @param kinds kind of each method's results; what is known to be of another kind than the job's is left out.
 */
export function candidates(
  job: JobView,
  jobs: Iterable<JobView>,
  kinds: ReadonlyMap<string, string>,
): JobView[] {
  const { id, method } = job.request;
  const isAlike = (one: JobView) =>
    one.request.method === method || kinds.get(one.request.method) === kinds.get(method);
  return [...jobs]
    .filter((one) => one.request.id !== id && one.status.result !== null && isAlike(one))
    .map((one) => ({ one, distance: distance(one, job) }))
    .sort((a, b) => a.distance - b.distance || b.one.request.created - a.one.request.created)
    .map(({ one }) => one);
}

function distance(a: JobView, b: JobView): number {
  const params = new Set([...Object.keys(a.request.params), ...Object.keys(b.request.params)]);
  let count = 0;
  for (const name of params) if (textOf(a.request.params[name]) !== textOf(b.request.params[name])) count++;
  const others = [
    a.run !== b.run,
    a.request.step !== b.request.step,
    a.request.seed !== b.request.seed,
  ].filter(Boolean).length;
  return count + others + (a.request.method === b.request.method ? 0 : 1000);
}
