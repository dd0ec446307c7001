/** Jobs that show what a unit, or a whole layer, looks for: which are there, and how one is asked for. */

import type { Draft } from "../../api/jobs";
import type { JobView, Layer, RunIndex } from "../../api/types";
import { checkpointSteps, weightsFor } from "../../state/checkpoints";
import { spread } from "../../ui/film_strip";

const METHOD = "activation_maximization";

/** A unit, or several of a layer, with the weights of one step. */
export interface Subject {
  run: string;
  layer: string;
  units: readonly number[];
  /** null: the weights stored with the graph. */
  step: number | null;
}

/** The method's own defaults. */
export function draftFor({ run, layer, units, step }: Subject): Draft {
  return { run, method: METHOD, params: { layer, units: [...units] }, step };
}

/** The subject at the step looked at. */
export function subjectAt(
  index: RunIndex,
  layer: string,
  units: readonly number[],
  wanted: number | null,
): Subject {
  return { run: index.name, layer, units, step: weightsFor(index, wanted).step };
}

/** The best job there is for a subject: one under way or done, the latest; else one that left something to show. */
export function jobFor(jobs: Iterable<JobView>, subject: Subject): JobView | undefined {
  const units = subject.units.join();
  return best(jobs, (job) => isOf(job, subject) && unitsOf(job).join() === units);
}

/** A subject at the checkpoints of its run. */
export interface OverCheckpoints {
  /** Checkpoints that have a job, ascending. */
  there: { step: number; job: JobView }[];
  /** Of evenly spread ones, those that have none. */
  missing: number[];
  /** How many checkpoints there are, and how many of them were spread. */
  all: number;
  some: number;
}

/** Which checkpoints have a job for the subject, and which of at most `most` are left to ask for. */
export function overCheckpoints(
  index: RunIndex,
  jobs: ReadonlyMap<string, JobView>,
  subject: Subject,
  most: number,
): OverCheckpoints {
  const all = checkpointSteps(index);
  const some = spread(all, most);
  const found = all.map((step) => ({ step, job: jobFor(jobs.values(), { ...subject, step }) }));
  const there = found.flatMap(({ step, job }) => (job ? [{ step, job }] : []));
  const missing = some.filter((step) => !there.some((one) => one.step === step));
  return { there, missing, all: all.length, some: some.length };
}

/** The latest sheet of many units of the subject's layer and step. */
export function sheetFor(jobs: Iterable<JobView>, subject: Omit<Subject, "units">): JobView | undefined {
  return best(jobs, (job) => isOf(job, subject) && unitsOf(job).length > 1);
}

function isOf({ run, request }: JobView, subject: Omit<Subject, "units">): boolean {
  const { method, params, step } = request;
  const isPlain = isEmpty(params.weights) && isEmpty(params.plus);
  return (
    method === METHOD &&
    run === subject.run &&
    step === subject.step &&
    params.layer === subject.layer &&
    isPlain
  );
}

function isEmpty(value: unknown): boolean {
  return value === undefined || (Array.isArray(value) && value.length === 0);
}

function unitsOf({ request }: JobView): unknown[] {
  return Array.isArray(request.params.units) ? request.params.units : [];
}

const RANKS: Record<JobView["status"]["state"], number> = {
  running: 3,
  starting: 3,
  queued: 3,
  done: 3,
  cancelling: 2,
  cancelled: 1,
  failed: 0,
};

function best(jobs: Iterable<JobView>, fits: (job: JobView) => boolean): JobView | undefined {
  let found: JobView | undefined;
  for (const job of jobs) {
    if (!fits(job)) continue;
    const gain = found ? RANKS[job.status.state] - RANKS[found.status.state] : 1;
    if (gain > 0 || (gain === 0 && found && job.request.created > found.request.created)) found = job;
  }
  return found;
}

/** Why a layer's units cannot be looked for; null when they can. */
export function whyNoUnits(index: RunIndex, layer: Layer | null): string | null {
  if (!layer) return "the run has no such layer";
  if (!index.model) return "the run stores no network, only what was recorded of it";
  if (index.model.captured === "hooks")
    return "this network could not be stored as data (it was captured with hooks), so no job can run it";
  if (layer.shape.length !== 1 && layer.shape.length !== 3)
    return `units are channels; ${layer.name} gives neither channels nor maps`;
  return null;
}
