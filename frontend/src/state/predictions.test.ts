import { expect, test } from "vitest";
import type { ExamplesIndex, Scores } from "../api/types";
import { className, exampleName, predictionAt } from "./predictions";

const facts: ExamplesIndex = {
  digest: "e",
  count: 2,
  shape: [1, 2, 2],
  labels: [1, 0],
  class_names: ["cat", "dog"],
  names: ["rex.png", `${"a".repeat(200)}.png`],
};
const scores: Scores = {
  steps: [0, 10],
  examples: 2,
  top: 2,
  topClasses: new Int32Array([0, 1, 0, 1, 1, 0, 1, 0]),
  topProbabilities: new Float32Array([0.6, 0.4, 0.7, 0.3, 0.8, 0.2, 0.9, 0.1]),
  topScores: new Float32Array(8),
  labelProbability: new Float32Array(4),
};

test("a prediction is that of the latest capture at or before the step", () => {
  expect(predictionAt(scores, 0, 9, facts)).toMatchObject({ step: 0, target: 0, isRight: false });
  expect(predictionAt(scores, 0, 12, facts)).toMatchObject({ step: 10, target: 1, isRight: true });
  expect(predictionAt(scores, 1, 10, facts)?.probability).toBeCloseTo(0.9);
  expect(predictionAt(scores, 0, -1, facts)).toBeNull();
});

test("without labels nothing is right or wrong; without names classes have numbers", () => {
  const bare = { ...facts, labels: null, class_names: null };
  expect(predictionAt(scores, 0, 0, bare)).toMatchObject({ label: null, isRight: null });
  expect([className(facts, 1), className(bare, 1)]).toEqual(["dog", "class 1"]);
});

test("an example's long name keeps its beginning and its end", () => {
  expect(exampleName(facts, 0)).toBe("rex.png");
  const long = exampleName(facts, 1) ?? "";
  expect([long.length, long.endsWith("aa.png")]).toEqual([60, true]);
  expect([exampleName({ ...facts, names: null }, 0), exampleName(null, 0)]).toEqual([null, null]);
});
