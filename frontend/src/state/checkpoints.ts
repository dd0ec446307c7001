/** Which weights a job takes: those of a checkpointed step, or those stored with the graph. */

import type { RunIndex } from "../api/types";
import { latestAtOrBefore } from "./steps";

/** Steps whose weights were kept, ascending. */
export function checkpointSteps(index: RunIndex): number[] {
  return index.steps.filter((_, at) => index.checkpoints[at]);
}

/** The weights nearest to a step that is looked at. */
export interface Weights {
  /** null: those stored with the graph, of no step in particular. */
  step: number | null;
  /** How they lie to the step looked at; "stored" where no step has a checkpoint. */
  place: "at" | "before" | "after" | "stored";
}

/** The latest checkpoint at or before `wanted`, else the first one after it; null follows the latest. */
export function weightsFor(index: RunIndex, wanted: number | null): Weights {
  const steps = checkpointSteps(index);
  const [first, last] = [steps[0], steps.at(-1)];
  if (first === undefined || last === undefined) return { step: null, place: "stored" };
  const step = steps[latestAtOrBefore(steps, wanted ?? last)];
  if (step === undefined) return { step: first, place: "after" };
  return { step, place: wanted === null || step === wanted ? "at" : "before" };
}

/** "checkpoint of step 400, the latest before 430": what a caption says of the weights. */
export function weightsText({ step, place }: Weights, wanted: number | null): string {
  if (step === null) return "the weights stored with the model";
  if (place === "at") return `the checkpoint of step ${step}`;
  const which = place === "before" ? `the latest before ${wanted}` : `the first there is, after ${wanted}`;
  return `the checkpoint of step ${step}, ${which}`;
}
