import { expect, test } from "vitest";
import { fittingSigma, smoothed } from "./smooth";

const size = { width: 9, height: 9 };

test("a single point becomes a Gaussian of the same sum", () => {
  const values = new Float32Array(81);
  values[40] = 1;
  const result = smoothed(values, size, 1);
  const expected = (away: number) => Math.exp(-(away * away) / 2);
  expect((result[41] as number) / (result[40] as number)).toBeCloseTo(expected(1), 5);
  expect((result[40 + 9] as number) / (result[40] as number)).toBeCloseTo(expected(1), 5);
  expect(result.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 1);
});

test("a flat picture stays flat, at its edges too", () => {
  for (const value of smoothed(new Float32Array(81).fill(3), size, 2)) expect(value).toBeCloseTo(3, 5);
});

test("a value that is no number stays where it is and does not spread", () => {
  const values = new Float32Array(81).fill(1);
  values[40] = Number.NaN;
  const result = smoothed(values, size, 1);
  expect(result[40]).toBeNaN();
  expect(result[41]).toBeCloseTo(1, 5);
});

test("no smoothing gives the values themselves", () => {
  const values = new Float32Array(81);
  expect(smoothed(values, size, 0)).toBe(values);
});

test("small pictures are not smoothed by themselves", () => {
  expect(fittingSigma({ width: 28, height: 28 })).toBe(0);
  expect(fittingSigma({ width: 224, height: 224 })).toBe(2);
});
