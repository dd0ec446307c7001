/** Where the top patches of a layer can come from: what captures recorded, and what jobs found. */

import type { Held } from "../../api/layouts";
import type { JobView, ResultAnswer, RunIndex } from "../../api/types";
import { captures } from "../../state/steps";
import { seriesOf } from "../records/series";

export interface PatchSource {
  held: Held;
  /** null: of the weights stored with the model, at no step. */
  step: number | null;
  /** Whose result it is; null where it was recorded. */
  job: JobView | null;
}

/** What the captures of a run have, ascending. */
export function recordedSources(index: RunIndex, layer: string): PatchSource[] {
  const sources = new Map<number, PatchSource>();
  for (const series of seriesOf(index, "patches", layer))
    for (const { step, digest } of captures(index, series, null))
      if (!sources.has(step))
        sources.set(step, { held: { run: index.name, step, key: series.key, digest }, step, job: null });
  return [...sources.values()].sort(byStep);
}

/** What finished jobs have; `results` by the job's id. */
export function jobSources(
  jobs: Iterable<JobView>,
  results: ReadonlyMap<string, ResultAnswer>,
  { run, layer }: { run: string; layer: string },
): PatchSource[] {
  const sources: PatchSource[] = [];
  for (const job of jobs) {
    const { id, step } = job.request;
    const result = job.run === run ? results.get(id) : undefined;
    const record = result?.records.find((one) => one.kind === "patches" && one.layer === layer);
    if (result && record)
      sources.push({ held: { job: id, key: record.key, digest: result.digest }, step, job });
  }
  return sources;
}

/** One a step, ascending, that of no step first: what was recorded before what a job found, the latest job first. */
export function timeline(recorded: readonly PatchSource[], jobs: readonly PatchSource[]): PatchSource[] {
  const latest = [...jobs].sort((a, b) => created(b) - created(a));
  const sources = new Map<number | null, PatchSource>();
  for (const source of [...recorded, ...latest])
    if (!sources.has(source.step)) sources.set(source.step, source);
  return [...sources.values()].sort(byStep);
}

/** The latest at or before the step looked at, else that of no step; null where all are later. */
export function sourceAt(sources: readonly PatchSource[], wanted: number | null): PatchSource | null {
  const fits = sources.filter(({ step }) => step === null || (wanted !== null && step <= wanted));
  return fits.at(-1) ?? null;
}

/** Sources of a step. */
export function stepped(sources: readonly PatchSource[]): (PatchSource & { step: number })[] {
  return sources.filter((source): source is PatchSource & { step: number } => source.step !== null);
}

/** Jobs whose result may have top patches of the layer, done or not: by what they were asked for. */
export function patchJobs(
  jobs: Iterable<JobView>,
  { run, layer }: { run: string; layer: string },
): JobView[] {
  return [...jobs].filter(({ run: own, request, status }) => {
    if (own !== run || request.method !== METHOD) return false;
    // Which layers "auto" means is known when it is done.
    return status.state === "done" || mayHave(request.params.layers, layer);
  });
}

/** The method that finds top patches, for asking. */
export const METHOD = "top_patches";

function mayHave(layers: unknown, layer: string): boolean {
  return Array.isArray(layers) && layers.includes(layer);
}

function created({ job }: PatchSource): number {
  return job?.request.created ?? 0;
}

function byStep(a: PatchSource, b: PatchSource): number {
  return (a.step ?? Number.NEGATIVE_INFINITY) - (b.step ?? Number.NEGATIVE_INFINITY);
}
