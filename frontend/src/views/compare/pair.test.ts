import { expect, test } from "vitest";
import type { Maps } from "../../api/types";
import { packed } from "../../draw/colour_map";
import { difference, mismatch, rangesOf, stackOf } from "./pair";

function exact(shape: number[], values: number[]): Maps {
  const empty = new Float32Array(0);
  const facts = { step: 1, signed: false } as Maps["facts"];
  const rest = { codes: null, low: empty, high: empty, mean: null, zeros: null, nonfinite: null };
  return { facts, shape, values: Float32Array.from(values), ...rest };
}

test("the difference is A minus B, and no number where either is none", () => {
  const result = difference(exact([1, 1, 3], [3, 1, 2]), exact([1, 1, 3], [1, 4, Number.NaN]));
  expect(Array.from(result?.values ?? [])).toEqual([2, -3, Number.NaN]);
  expect(result?.facts.signed).toBe(true);
});

test("records of other shapes have no difference, and it is said why", () => {
  const [a, b] = [exact([2, 1, 1], [1, 2]), exact([1, 1, 2], [1, 2])];
  expect(mismatch(a, b)).toBe("A is 2 × 1 × 1 and B 1 × 1 × 2: no difference is defined");
  expect(difference(a, b)).toBeNull();
  expect(mismatch(a, a)).toBeNull();
});

test("codes are never subtracted", () => {
  const coded = { ...exact([1, 1, 1], [1]), values: null, codes: Uint8Array.from([255]) };
  expect(difference(coded, coded)).toBeNull();
});

test("A and B are drawn in ranges that hold both", () => {
  const [a, b] = [exact([2, 1, 1], [1, 8]), exact([2, 1, 1], [4, 2])];
  const ranges = rangesOf([a, b], "grey");
  expect(ranges.each).toEqual([
    { low: 0, high: 4 },
    { low: 0, high: 8 },
  ]);
  expect(ranges.all).toEqual({ low: 0, high: 8 });
  expect(rangesOf([a, b], "bwr").each[0]).toEqual({ low: -4, high: 4 });
});

test("the same value has the same colour in both", () => {
  const [a, b] = [exact([1, 1, 1], [4]), exact([1, 1, 1], [8])];
  const { each } = rangesOf([a, b], "grey");
  const colouring = { colourMap: "grey", gamma: 1, shared: null, each } as const;
  expect(stackOf(a, "activations", false).atlas([0], 1, colouring).pixels[0]).toBe(packed(128, 128, 128));
  expect(stackOf(b, "activations", false).atlas([0], 1, colouring).pixels[0]).toBe(packed(255, 255, 255));
});

test("1 × 1 filters become square blocks of their weights", () => {
  const kernels = exact([2, 3, 1, 1], [1, 1, 1, 0, 0, 0]);
  const stack = stackOf(kernels, "filters", false);
  expect(stack.picture).toEqual({ width: 2, height: 2 });
  const colouring = { colourMap: "bwr", gamma: 1, shared: { low: -1, high: 1 } } as const;
  const atlas = stack.atlas([0], 1, colouring);
  expect(Array.from(atlas.pixels)).toEqual([...Array(3).fill(packed(103, 0, 31)), 0]);
});
