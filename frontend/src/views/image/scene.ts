/** What the bench asks about: one picture, one class, and the checkpoint that a job would run on. */

import type { JobRequest, JobView, RunIndex } from "../../api/types";
import type { BenchPicture } from "../../state/bench_pictures";
import { latestAtOrBefore } from "../../state/steps";

export interface Scene {
  run: string;
  /** Row of the run's examples; with an own picture it is not looked at. */
  image: number;
  own: BenchPicture | null;
  /** The class that was chosen; null leaves it to the method: the label, else the top-1. */
  chosen: number | null;
  /** The class that null stands for, where it is known. */
  usual: number | null;
  weights: Weights;
}

/** The weights that a job runs on. */
export type Weights =
  | { kind: "checkpoint"; step: number }
  /** No checkpoint was kept at all: those that the network was captured with. */
  | { kind: "captured" }
  /** All kept ones are later than the step looked at. */
  | { kind: "later"; first: number };

/** The nearest kept checkpoint at or before a step. */
export function weightsAt(index: RunIndex, step: number | null): Weights {
  const kept = index.steps.filter((_, position) => index.checkpoints[position]);
  const first = kept[0];
  if (first === undefined) return { kind: "captured" };
  const at = step === null ? kept.length - 1 : latestAtOrBefore(kept, step);
  return at < 0 ? { kind: "later", first } : { kind: "checkpoint", step: kept[at] as number };
}

/** The step that a request names for these weights; undefined where there are none to ask with. */
export function stepOf(weights: Weights): number | null | undefined {
  if (weights.kind === "later") return undefined;
  return weights.kind === "checkpoint" ? weights.step : null;
}

/** What the weights are called, beside a map or a button. */
export function weightsText(weights: Weights): string {
  if (weights.kind === "checkpoint") return `checkpoint ${weights.step}`;
  return weights.kind === "captured" ? "the captured weights" : `no checkpoint before step ${weights.first}`;
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

/** Jobs that looked at the scene's picture with its weights, the newest first. */
export function jobsOf(jobs: Iterable<JobView>, scene: Scene): JobView[] {
  const step = stepOf(scene.weights);
  return [...jobs]
    .filter(
      ({ run, request }) => run === scene.run && request.step === step && pictureOf(request, scene) >= 0,
    )
    .sort((a, b) => b.request.created - a.request.created);
}

/** The class that the bench explains: the chosen one, else the usual one; null where neither is known. */
export function wantedClass(scene: Scene): number | null {
  return scene.chosen ?? scene.usual;
}
