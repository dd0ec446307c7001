/** What the bench asks about: one picture, one class, and the checkpoint that a job would run on. */

import type { JobRequest, JobView, RunIndex } from "../../api/types";
import type { BenchPicture } from "../../state/bench_pictures";
import { type Weights, weightsFor } from "../../state/checkpoints";

export interface Scene {
  run: string;
  /** Row of the run's examples; with an own picture it is not looked at. */
  image: number;
  own: BenchPicture | null;
  /** The class that was chosen; null leaves it to the method: the label, else the top-1. */
  chosen: number | null;
  /** The class that null stands for, where it is known. */
  usual: number | null;
  /** Those of the nearest checkpoint at or before the step looked at. */
  weights: Weights;
  /** When those were recorded, seconds since the epoch: what an earlier job made is of other weights. */
  since: number;
}

/** The weights for a step of a run, as a scene has them. */
export function weightsIn(index: RunIndex, wanted: number | null): Pick<Scene, "weights" | "since"> {
  const weights = weightsFor(index, wanted);
  const since = weights.step === null ? 0 : (index.wall_times[index.steps.indexOf(weights.step)] ?? 0);
  return { weights, since };
}

/** The step that a request names; null for the stored weights, undefined where all checkpoints are later. */
export function stepOf({ step, place }: Weights): number | null | undefined {
  return place === "after" ? undefined : step;
}

/** What the weights are called, beside a map or a button. */
export function weightsTitle({ step, place }: Weights): string {
  if (step === null) return "the stored weights";
  return place === "after" ? `no checkpoint before step ${step}` : `checkpoint ${step}`;
}

/** Which picture of a job's result is the scene's; -1 when the job did not look at it. */
export function pictureOf(request: JobRequest, scene: Scene): number {
  if (scene.own) {
    const at = scene.own.digest === null ? -1 : request.input_digests.indexOf(scene.own.digest);
    return at < 0 ? -1 : request.examples.length + at;
  }
  if (request.examples.length === 0) return request.inputs === 0 ? scene.image : -1;
  return request.examples.indexOf(scene.image);
}

/**
 * Jobs that looked at the scene's picture with its weights, the newest first.
 *
 * @param asked those that this page asked for: whatever the clocks of two machines say, they are of these weights.
 */
export function jobsOf(jobs: Iterable<JobView>, scene: Scene, asked: ReadonlySet<string>): JobView[] {
  const step = stepOf(scene.weights);
  const isOf = ({ run, request }: JobView) =>
    run === scene.run && request.step === step && pictureOf(request, scene) >= 0;
  return [...jobs]
    .filter((job) => isOf(job) && (job.request.created >= scene.since || asked.has(job.request.id)))
    .sort((a, b) => b.request.created - a.request.created);
}

/** The class that the bench explains: the chosen one, else the usual one; null where neither is known. */
export function wantedClass(scene: Scene): number | null {
  return scene.chosen ?? scene.usual;
}
