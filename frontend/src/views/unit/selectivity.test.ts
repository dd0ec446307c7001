import { expect, test } from "vitest";
import { barOf, meansByClass, ranked, selectivityIndex } from "./selectivity";

test("classes stand by their mean, those without images are left out", () => {
  expect(ranked([1, Number.NaN, 3, 1])).toEqual([
    { target: 2, mean: 3 },
    { target: 0, mean: 1 },
    { target: 3, mean: 1 },
  ]);
});

test("the index is 0 for a channel that all classes excite alike and 1 for one of a single class", () => {
  expect(selectivityIndex(ranked([2, 2, 2]))).toBe(0);
  expect(selectivityIndex(ranked([0, 5, 0]))).toBe(1);
  expect(selectivityIndex(ranked([1, 3, 1]))).toBeCloseTo(0.5);
});

test("there is no index for one class, for negative means, and for a silent channel", () => {
  expect(selectivityIndex(ranked([2]))).toBeNull();
  expect(selectivityIndex(ranked([2, -1]))).toBeNull();
  expect(selectivityIndex(ranked([0, 0]))).toBeNull();
});

test("means over the classes pass over what has no label and what is no number", () => {
  const values = Float32Array.of(1, 3, 5, 100, Number.NaN);
  const means = meansByClass(values, Int32Array.of(0, 0, 2, -1, 2), 3);
  expect([...means]).toEqual([2, Number.NaN, 5]);
});

test("bars begin at zero, on both sides of it where means have either sign", () => {
  const all = ranked([4, -4]);
  expect(barOf(4, all)).toEqual({ left: 0.5, width: 0.5 });
  expect(barOf(-4, all)).toEqual({ left: 0, width: 0.5 });
  expect(barOf(0, [])).toEqual({ left: 0, width: 0 });
});
