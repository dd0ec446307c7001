import { expect, test } from "vitest";
import { commonRange, drawnRange, finiteRange, percentileRange } from "./value_range";

test("a range drawn holds zero", () => {
  expect(drawnRange({ low: 2, high: 9 }, false)).toEqual({ low: 0, high: 9 });
  expect(drawnRange({ low: -3, high: -1 }, false)).toEqual({ low: -3, high: 0 });
});

test("a diverging range is symmetric", () => {
  expect(drawnRange({ low: -3, high: 1 }, true)).toEqual({ low: -3, high: 3 });
});

test("pictures without a finite value do not spoil the common range", () => {
  expect(commonRange([0, Number.NaN, -2], [1, Number.NaN, 7])).toEqual({ low: -2, high: 7 });
  expect(commonRange([Number.NaN], [Number.POSITIVE_INFINITY])).toEqual({ low: 0, high: 0 });
});

test("the finite range leaves NaN and infinities out", () => {
  expect(finiteRange([Number.NaN, 3, Number.NEGATIVE_INFINITY, -1])).toEqual({ low: -1, high: 3 });
  expect(finiteRange([Number.NaN])).toEqual({ low: 0, high: 0 });
});

test("a percentile cuts the tail of the magnitudes", () => {
  const values = Array.from({ length: 100 }, (_, index) => index + 1);
  expect(percentileRange(values, 98, false)).toEqual({ low: 0, high: 98 });
  expect(percentileRange(values, 100, false)).toEqual({ low: 0, high: 100 });
});

test("a signed map stays symmetric when its range changes", () => {
  const values = [-10, -1, 0, 1, 2, 3, 4, 5, 6, 7];
  expect(percentileRange(values, 90, true)).toEqual({ low: -7, high: 7 });
});

test("a map that is zero nearly everywhere keeps its full range", () => {
  const values = new Float32Array(100);
  values[3] = 5;
  expect(percentileRange(values, 98, false)).toEqual({ low: 0, high: 5 });
});
