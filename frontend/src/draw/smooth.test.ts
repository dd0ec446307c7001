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

test("a picture without broken values is smoothed as one with them is, far from these", () => {
  const wide = { width: 40, height: 5 };
  const values = Float32Array.from({ length: 200 }, (_, at) => Math.sin(at * at));
  const broken = values.slice();
  broken[39] = Number.NaN;
  const [whole, pierced] = [smoothed(values, wide, 1.5), smoothed(broken, wide, 1.5)];
  for (let row = 0; row < 5; row++)
    for (let column = 0; column < 30; column++)
      expect(whole[row * 40 + column]).toBeCloseTo(pierced[row * 40 + column] as number, 5);
});

test("a picture narrower than the smoothing is reached from side to side", () => {
  const result = smoothed(Float32Array.of(0, 3), { width: 2, height: 1 }, 50);
  for (const value of result) expect(value).toBeCloseTo(1.5, 3);
});
