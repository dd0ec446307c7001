import { expect, test } from "vitest";
import type { Tensor } from "../../api/types";
import { trustOf } from "./trust_of";

function tensor(shape: number[], values: number[]): Tensor {
  return { dtype: "F32", shape, data: Float32Array.from(values) };
}

const record = {
  arrays: {
    areas: tensor([2, 4], [0.1, 0.8, 0.4, 0.5, 0.2, 0.7, 0.3, 0.6]),
    fraction: tensor([3], [0, 0.5, 1]),
    deletion: tensor([2, 3], [1, 0.5, 0, 0.9, 0.4, 0.1]),
    insertion: tensor([2, 3], [0, 0.5, 1, 0.1, 0.4, 0.9]),
    sensitivity: tensor([2], [0.25, 0.5]),
    rank_correlation: tensor([2, 2], [0.9, 0.2, 0.8, 0.3]),
  },
  facts: {
    verdict: "changes with weights",
    explanation: "it follows the weights",
    randomised: [["fc"], ["fc", "conv2"]],
  },
};

test("each example has its own row", () => {
  const trust = trustOf(record, 1);
  expect(trust?.insertion).toBeCloseTo(0.7);
  expect(trust?.randomDeletion).toBeCloseTo(0.3);
  expect(Array.from(trust?.deletionCurve ?? []).map((value) => value.toFixed(1))).toEqual([
    "0.9",
    "0.4",
    "0.1",
  ]);
  expect(trust?.sensitivity).toBe(0.5);
});

test("the correlation that counts is that with the last layer alone drawn anew", () => {
  const trust = trustOf(record, 0);
  expect(trust?.rho).toBeCloseTo(0.9);
  expect(trust?.correlations[1]?.layers).toEqual(["fc", "conv2"]);
  expect(trust?.verdict).toBe("changes with weights");
});

test("without areas, or past the last example, there is nothing to say", () => {
  expect(trustOf({ arrays: {}, facts: {} }, 0)).toBeNull();
  expect(trustOf(record, 2)).toBeNull();
});
