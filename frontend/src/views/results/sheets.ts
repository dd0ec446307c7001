/** Sheets: the jobs that differ in one thing alone, found among all jobs, so that a reload or another tab has them too. */

import type { JobRequest, JobView, RunIndex } from "../../api/types";
import { SEED, STEP, textOf, valueIn } from "./variations";

/** What two requests share that differ in `by` alone; without `by` what names a request as a whole. */
export function fingerprint(run: string, request: JobRequest, by?: string): string {
  const { [by ?? ""]: _, ...params } = request.params;
  const { method, examples, input_digests } = request;
  const rest = { run, method, params, examples, input_digests };
  const step = by === STEP ? null : request.step;
  const seed = by === SEED ? null : request.seed;
  return JSON.stringify({ ...rest, step, seed }, sortedKeys);
}

function sortedKeys(_: string, value: unknown): unknown {
  if (value === null || typeof value !== "object" || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** Jobs that differ in one thing alone. */
export interface Sheet {
  by: string;
  /** One a value, in the values' order. */
  jobs: JobView[];
}

/** The sheets that a job is part of, the largest first. */
export function sheetsOf(job: JobView, all: Iterable<JobView>, index: RunIndex | null): Sheet[] {
  const alike = [...all].filter(
    (one) => one.run === job.run && one.request.method === job.request.method && isShown(one, job),
  );
  const sheets: Sheet[] = [];
  for (const by of [STEP, SEED, ...Object.keys(job.request.params)]) {
    const wanted = fingerprint(job.run, job.request, by);
    const jobs = onePerValue(
      alike.filter((one) => isAlike(one, job, by) && fingerprint(one.run, one.request, by) === wanted),
      by,
      job,
    );
    if (jobs.length > 1) sheets.push({ by, jobs: jobs.sort(byValue(by, index)) });
  }
  return sheets.sort((a, b) => b.jobs.length - a.jobs.length);
}

/** Lists are compared with lists of the same length: one unit with one unit, not with a sheet of them. */
function isAlike(one: JobView, job: JobView, by: string): boolean {
  const [a, b] = [valueIn(one.request, by), valueIn(job.request, by)];
  return !Array.isArray(a) || !Array.isArray(b) || a.length === b.length;
}

/** What ended without a picture is left out, unless it is the job looked at. */
function isShown(one: JobView, job: JobView): boolean {
  const { state, result } = one.status;
  return (
    one.request.id === job.request.id || (state !== "failed" && (state !== "cancelled" || result !== null))
  );
}

/** Of several jobs with the same value the one looked at, else the one that is done, else the latest. */
function onePerValue(jobs: readonly JobView[], by: string, job: JobView): JobView[] {
  const rank = (one: JobView): number =>
    one.request.id === job.request.id ? 2 : one.status.state === "done" ? 1 : 0;
  const chosen = new Map<string, JobView>();
  for (const one of jobs) {
    const text = textOf(valueIn(one.request, by));
    const known = chosen.get(text);
    const isBetter =
      !known ||
      rank(one) > rank(known) ||
      (rank(one) === rank(known) && one.request.created > known.request.created);
    if (isBetter) chosen.set(text, one);
  }
  return [...chosen.values()];
}

function byValue(by: string, index: RunIndex | null): (a: JobView, b: JobView) => number {
  const places = new Map((index?.layers ?? []).map((layer, at) => [layer.name, at]));
  const key = (job: JobView): number | string => {
    const value = valueIn(job.request, by);
    const one = Array.isArray(value) && value.length === 1 ? value[0] : value;
    if (typeof one === "number") return one;
    return places.get(String(one)) ?? textOf(value);
  };
  return (a, b) => {
    const [one, two] = [key(a), key(b)];
    if (typeof one === "number" && typeof two === "number") return one - two;
    return String(one) < String(two) ? -1 : 1;
  };
}
