import { expect, test } from "vitest";
import type { Scores } from "../../api/types";
import { guessesAt, labelOverSteps, overSteps, scoresRow } from "./predictions";

/** Two steps, one example, the best two of three classes. */
const scores: Scores = {
  steps: [0, 10],
  examples: 1,
  top: 2,
  topClasses: Int32Array.from([2, 0, 0, -1]),
  topProbabilities: Float32Array.from([0.5, 0.25, 1, Number.NaN]),
  topScores: Float32Array.from([3, 2, 9, Number.NaN]),
  labelProbability: Float32Array.from([0.25, 1]),
};

test("the best classes come first and absent ones are left out", () => {
  expect(guessesAt(scores, 0, 0).map((guess) => guess.target)).toEqual([2, 0]);
  expect(guessesAt(scores, 1, 0)).toEqual([{ target: 0, probability: 1, score: 9 }]);
  expect(guessesAt(scores, -1, 0)).toEqual([]);
  expect(guessesAt(scores, 0, 5)).toEqual([]);
});

test("a class has a gap where it was not among the best", () => {
  expect(Array.from(overSteps(scores, 0, 2))).toEqual([0.5, Number.NaN]);
  expect(Array.from(labelOverSteps(scores, 0))).toEqual([0.25, 1]);
});

test("the row is the latest at or before the step", () => {
  expect([null, 5, 10].map((step) => scoresRow(scores, step))).toEqual([-1, 0, 1]);
});
