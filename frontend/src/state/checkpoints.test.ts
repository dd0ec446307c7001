import { expect, test } from "vitest";
import type { RunIndex } from "../api/types";
import { checkpointSteps, weightsFor, weightsText } from "./checkpoints";

const index = {
  steps: [0, 10, 20, 30],
  checkpoints: [false, true, false, true],
} as unknown as RunIndex;

test("only steps whose weights were kept count", () => {
  expect(checkpointSteps(index)).toEqual([10, 30]);
});

test("the weights are those of the latest checkpoint at or before the step, and it is said which", () => {
  expect(weightsFor(index, 30)).toEqual({ step: 30, place: "at" });
  expect(weightsFor(index, 20)).toEqual({ step: 10, place: "before" });
  expect(weightsText(weightsFor(index, 20), 20)).toBe("the checkpoint of step 10, the latest before 20");
});

test("before the first checkpoint it is the first one, and without any the stored weights", () => {
  expect(weightsFor(index, 0)).toEqual({ step: 10, place: "after" });
  expect(weightsFor({ ...index, checkpoints: [false, false, false, false] }, 20)).toEqual({
    step: null,
    place: "stored",
  });
});
