import { expect, test } from "vitest";
import { boundsOf, curveOf, nearestIndex, stepPlaces } from "./curve";

const box = { width: 100, height: 40 };

test("a curve spans its box with zero in the scale", () => {
  const curve = curveOf([0, 0.5, 1], [2, 4, 1], box);
  expect(curve.stretches).toEqual(["0,20 50,0 100,30"]);
  expect([curve.low, curve.high]).toEqual([0, 4]);
});

test("a value that is not finite leaves a gap", () => {
  const curve = curveOf([0, 0.25, 0.5, 0.75, 1], [1, 1, Number.NaN, 1, 1], box);
  expect(curve.stretches).toEqual(["0,0 25,0", "75,0 100,0"]);
  expect(curve.dots.map((dot) => dot.index)).toEqual([0, 1, 3, 4]);
});

test("a flat zero lies on the bottom edge", () => {
  expect(curveOf([0, 1], [0, 0], box).stretches).toEqual(["0,40 100,40"]);
});

test("several series share one scale", () => {
  expect(
    boundsOf([
      [1, Number.NaN],
      [-2, 5],
    ]),
  ).toEqual({ low: -2, high: 5 });
});

test("early steps have room on the square-root axis", () => {
  expect(stepPlaces([0, 25, 100])).toEqual([0, 0.5, 1]);
  expect(stepPlaces([0, 25, 100], "linear")).toEqual([0, 0.25, 1]);
  expect(stepPlaces([7])).toEqual([1]);
});

test("the nearest step is found", () => {
  expect(nearestIndex([0, 0.4, 1], 0.6)).toBe(1);
  expect(nearestIndex([], 0.6)).toBe(-1);
});
