/** What the model says of one example, now and over the steps. */

import type { Scores } from "../../api/types";
import { latestAtOrBefore } from "../../state/steps";

export interface Guess {
  target: number;
  /** NaN where the method defines none. */
  probability: number;
  score: number;
}

/** The first classes at a row, best first; what is not there (few classes, NaN) is left out. */
export function guessesAt(scores: Scores, row: number, image: number): Guess[] {
  if (row < 0 || image >= scores.examples) return [];
  const start = (row * scores.examples + image) * scores.top;
  const guesses = Array.from({ length: scores.top }, (_, place) => ({
    target: scores.topClasses[start + place] ?? -1,
    probability: scores.topProbabilities[start + place] ?? Number.NaN,
    score: scores.topScores[start + place] ?? Number.NaN,
  }));
  const said = (guess: Guess) => Number.isFinite(guess.probability) || Number.isFinite(guess.score);
  return guesses.filter((guess) => guess.target >= 0 && said(guess));
}

export function scoresRow(scores: Scores, step: number | null): number {
  return step === null ? -1 : latestAtOrBefore(scores.steps, step);
}

/** Probability of a class at each step: NaN where it is not among the best that were kept. */
export function overSteps(scores: Scores, image: number, target: number): Float32Array {
  return Float32Array.from(scores.steps, (_, row) => {
    const guess = guessesAt(scores, row, image).find((one) => one.target === target);
    return guess?.probability ?? Number.NaN;
  });
}

/** Probability of the example's label at each step. */
export function labelOverSteps(scores: Scores, image: number): Float32Array {
  return Float32Array.from(
    scores.steps,
    (_, row) => scores.labelProbability[row * scores.examples + image] ?? Number.NaN,
  );
}

/** The best classes of one picture's scores (classes,), best first; what is no number is left out. */
export function topGuesses(
  scores: ArrayLike<number>,
  probabilities: ArrayLike<number> | null,
  count: number,
): Guess[] {
  const value = (target: number) => scores[target] as number;
  return Array.from({ length: scores.length }, (_, target) => target)
    .filter((target) => Number.isFinite(value(target)))
    .sort((a, b) => value(b) - value(a) || a - b)
    .slice(0, count)
    .map((target) => ({
      target,
      probability: probabilities?.[target] ?? Number.NaN,
      score: value(target),
    }));
}
