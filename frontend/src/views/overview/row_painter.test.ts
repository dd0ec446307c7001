import { expect, test } from "vitest";
import { rowScale, stretches } from "./row_painter";

test("captures share the width without gaps, each at least a pixel wide", () => {
  expect(stretches([0, 0.5, 1], 100)).toEqual([
    [0, 25],
    [25, 75],
    [75, 100],
  ]);
  const many = stretches(
    Array.from({ length: 500 }, (_, i) => i / 499),
    100,
  );
  expect(many.every(([from, to]) => to > from)).toBe(true);
  expect(stretches([0.5], 40)).toEqual([[0, 40]]);
});

test("a row's scale starts at zero, a logarithmic one at its least value", () => {
  const linear = rowScale([2, 4, Number.NaN], false);
  expect([linear(0), linear(2), linear(4)]).toEqual([0, 0.5, 1]);
  const log = rowScale([0.01, 1, 0], true);
  expect([log(0.01), log(0.1), log(1)]).toEqual([0, 0.5, 1]);
  expect(rowScale([3], true)(3)).toBe(0.5);
});
