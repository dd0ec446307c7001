/** What the net says of an example at a step. */

import type { ExamplesIndex, Scores } from "../api/types";
import { latestAtOrBefore } from "./steps";

export interface Prediction {
  /** The step it was recorded at. */
  step: number;
  /** The most probable class. */
  target: number;
  probability: number;
  label: number | null;
  /** null without a label, and when the scores are NaN. */
  isRight: boolean | null;
}

/** The prediction for an example at the latest capture at or before `step`; null before the first. */
export function predictionAt(
  scores: Scores,
  image: number,
  step: number,
  facts: ExamplesIndex,
): Prediction | null {
  const at = latestAtOrBefore(scores.steps, step);
  if (at < 0 || image >= scores.examples || scores.top === 0) return null;
  const cell = (at * scores.examples + image) * scores.top;
  const target = scores.topClasses[cell] as number;
  const label = facts.labels?.[image] ?? null;
  const probability = scores.topProbabilities[cell] as number;
  return {
    step: scores.steps[at] as number,
    target,
    probability,
    label,
    isRight: label === null || Number.isNaN(probability) ? null : label === target,
  };
}

const LONGEST_NAME = 60;

/** What an example is called; null without a name. Any text may stand there: a long one loses its middle. */
export function exampleName(facts: ExamplesIndex | null, image: number): string | null {
  const name = facts?.names?.[image];
  return name ? shortName(name) : null;
}

/** A file's name of a length that fits. */
export function shortName(name: string): string {
  return name.length <= LONGEST_NAME ? name : `${name.slice(0, LONGEST_NAME - 13)}…${name.slice(-12)}`;
}

/** A class by its name, by its number where it has none. */
export function className(facts: ExamplesIndex, target: number): string {
  return facts.class_names?.[target] ?? `class ${target}`;
}
