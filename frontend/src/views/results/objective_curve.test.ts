import { expect, test } from "vitest";
import { spansDecades } from "./objective_curve";

test("a loss that falls by decades has a log scale, what changes sign or little has not", () => {
  expect(spansDecades([100, 10, 1])).toBe(true);
  expect(spansDecades([100, Number.NaN, 10, 1])).toBe(true);
  expect(spansDecades([3, 2, 1])).toBe(false);
  expect(spansDecades([100, 0, 1])).toBe(false);
  expect(spansDecades([100, -1, 1])).toBe(false);
  expect(spansDecades([])).toBe(false);
});
