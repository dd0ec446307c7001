import { expect, test } from "vitest";
import { NONFINITE_PIXEL, packed } from "./colour_map";
import {
  kernelRange,
  kernelStyles,
  mosaicOf,
  paintKernels,
  paintMatrix,
  weightAt,
  weightUnder,
} from "./kernels";

const colouring = { colourMap: "bwr", gamma: 1, shared: null } as const;

/** Two filters of three 1 × 1 slices. */
const colourful = {
  count: 2,
  slices: 3,
  height: 1,
  width: 1,
  low: [-1, -0.5],
  high: [1, 0.25],
  values: Float32Array.from([1, 0, -1, 0.25, -0.5, 0]),
};

test("three slices are colours at the network's input only; 1 × 1 kernels are a matrix", () => {
  expect(kernelStyles({ slices: 3, height: 7, width: 7 }, true)).toEqual(["rgb", "slices"]);
  expect(kernelStyles({ slices: 3, height: 7, width: 7 }, false)).toEqual(["slices"]);
  expect(kernelStyles({ slices: 64, height: 1, width: 1 }, false)).toEqual(["matrix"]);
  expect(kernelStyles({ slices: 1, height: 3, width: 3 }, false)).toEqual(["slices"]);
});

test("filters in colour share one symmetric scale: zero is mid grey", () => {
  const atlas = paintKernels(colourful, [0, 1], 2, "rgb", {
    ...colouring,
    shared: kernelRange(colourful, null),
  });
  expect(Array.from(atlas.pixels)).toEqual([packed(255, 128, 0), packed(159, 64, 128)]);
});

test("the range is symmetric, of one filter or of all", () => {
  expect(kernelRange(colourful, 1)).toEqual({ low: -0.5, high: 0.5 });
  expect(kernelRange(colourful, null)).toEqual({ low: -1, high: 1 });
});

test("slices stand in a near-square mosaic with clear lines between", () => {
  const mosaic = mosaicOf({ slices: 4, height: 3, width: 3 }, "slices");
  expect(mosaic).toEqual({ columns: 2, rows: 2, gap: 1, side: 4, width: 25, height: 25 });
  const kernels = {
    count: 1,
    slices: 4,
    height: 3,
    width: 3,
    low: [-2],
    high: [2],
    values: new Float32Array(36).fill(2),
  };
  const atlas = paintKernels(kernels, [0], 1, "slices", colouring);
  expect(atlas.pixels[0]).toBe(packed(103, 0, 31));
  expect(atlas.pixels[11]).toBe(packed(103, 0, 31));
  expect(atlas.pixels[12]).toBe(0);
  expect(atlas.pixels[12 * 25]).toBe(0);
});

test("the weight under a pixel is found, and none on the lines", () => {
  const kernels = { slices: 4, height: 3, width: 3 };
  const mosaic = mosaicOf(kernels, "slices");
  expect(weightUnder(kernels, mosaic, 13 + 4, 13 + 11)).toEqual({ slice: 3, row: 1, column: 2 });
  expect(weightUnder(kernels, mosaic, 12, 0)).toBeNull();
  expect(weightUnder({ slices: 3, height: 3, width: 3 }, mosaic, 20, 20)).toBeNull();
});

test("a single slice has no border", () => {
  expect(mosaicOf({ slices: 1, height: 5, width: 3 }, "slices")).toMatchObject({ width: 3, height: 5 });
});

test("a matrix has a row a filter and a column an input channel", () => {
  const atlas = paintMatrix(colourful, [1, 0], { ...colouring, shared: { low: -1, high: 1 } });
  expect([atlas.width, atlas.height]).toEqual([3, 2]);
  expect(atlas.pixels[3]).toBe(packed(103, 0, 31));
  expect(atlas.pixels[5]).toBe(packed(5, 48, 97));
});

test("codes stand for weights and NaN is marked", () => {
  const coded = { ...colourful, values: undefined, codes: Uint8Array.from([255, 0, 0, 255, 0, 0]) };
  expect(weightAt(coded, 0, 0, 0, 0)).toBe(1);
  expect(weightAt(coded, 1, 1, 0, 0)).toBe(-0.5);
  const broken = { ...colourful, values: Float32Array.from([1, Number.NaN, -1, 0, 0, 0]) };
  expect(paintKernels(broken, [0], 1, "rgb", colouring).pixels[0]).toBe(NONFINITE_PIXEL);
});
