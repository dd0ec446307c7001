import { expect, test } from "vitest";
import { axisEnd, spansDecades } from "./objective_curve";

test("a loss that falls by decades has a log scale, what changes sign or little has not", () => {
  expect(spansDecades([100, 10, 1])).toBe(true);
  expect(spansDecades([100, Number.NaN, 10, 1])).toBe(true);
  expect(spansDecades([3, 2, 1])).toBe(false);
  expect(spansDecades([100, 0, 1])).toBe(false);
  expect(spansDecades([100, -1, 1])).toBe(false);
  expect(spansDecades([])).toBe(false);
});

test("the curve of a long training that has just begun is not a line at the edge", () => {
  expect(axisEnd(80, 100_000)).toBe(80);
  expect(axisEnd(30_000, 100_000)).toBe(100_000);
  expect(axisEnd(0, 50)).toBe(50);
});
