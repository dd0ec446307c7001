import { expect, test } from "vitest";
import { NONFINITE_PIXEL, packed } from "./colour_map";
import { paintAtlas, sharedRange } from "./grid_pixels";
import { exactPictures, pictureValues, valueAt } from "./pictures";

const grey = (byte: number) => packed(byte, byte, byte);
const colouring = { colourMap: "grey", gamma: 1, shared: null } as const;

/** Three channels of 1 × 2 pixels: 0…10, 0…20 and a dead one. */
const coded = {
  count: 3,
  height: 1,
  width: 2,
  low: [0, 0, 0],
  high: [10, 20, 0],
  codes: Uint8Array.from([0, 255, 255, 0, 0, 0]),
};

test("each picture has its own range by default", () => {
  const atlas = paintAtlas(coded, [0, 1, 2], 3, colouring);
  expect(Array.from(atlas.pixels)).toEqual([0, 255, 255, 0, 0, 0].map(grey));
  expect([atlas.width, atlas.height]).toEqual([6, 1]);
});

test("a shared range compares the pictures", () => {
  const shared = sharedRange(coded, "grey");
  const atlas = paintAtlas(coded, [0, 1], 2, { ...colouring, shared });
  expect(shared).toEqual({ low: 0, high: 20 });
  expect(Array.from(atlas.pixels)).toEqual([0, 128, 255, 0].map(grey));
});

test("pictures stand in the order asked for, row by row", () => {
  const atlas = paintAtlas(coded, [1, 0, 2], 2, colouring);
  expect([atlas.width, atlas.height]).toEqual([4, 2]);
  expect(Array.from(atlas.pixels.subarray(0, 4))).toEqual([255, 0, 0, 255].map(grey));
  expect(Array.from(atlas.pixels.subarray(4))).toEqual([grey(0), grey(0), 0, 0]);
});

test("exact values draw as their codes do, and NaN and infinities are marked", () => {
  const values = Float32Array.from([0, 10, Number.NaN, Number.NEGATIVE_INFINITY]);
  const pictures = exactPictures(values, { count: 2, height: 1, width: 2 });
  const atlas = paintAtlas(pictures, [0, 1], 2, colouring);
  expect(Array.from(atlas.pixels)).toEqual([grey(0), grey(255), NONFINITE_PIXEL, NONFINITE_PIXEL]);
  expect(pictures.high[1]).toBe(0);
});

test("values come back from codes to half a code", () => {
  expect(valueAt(coded, 0, 0, 1)).toBe(10);
  expect(Array.from(pictureValues(coded, 1))).toEqual([20, 0]);
});

test("a layer of 256 channels of 56 × 56 is coloured quickly enough to scrub", () => {
  const count = 256;
  const codes = Uint8Array.from({ length: count * 56 * 56 }, (_, index) => index % 251);
  const pictures = {
    count,
    height: 56,
    width: 56,
    low: new Float32Array(count),
    high: new Float32Array(count).fill(3),
    codes,
  };
  const order = Array.from({ length: count }, (_, index) => index);
  const times = Array.from({ length: 7 }, () => {
    const start = performance.now();
    paintAtlas(pictures, order, 16, { ...colouring, gamma: 0.7 });
    return performance.now() - start;
  });
  expect(Math.min(...times)).toBeLessThan(50);
});

test("a picture without a single number is marked even from codes", () => {
  const atlas = paintAtlas({ ...coded, nonfinite: [0, 1, 2] }, [0, 1, 2], 3, colouring);
  expect(Array.from(atlas.pixels)).toEqual([...[0, 255, 255, 0].map(grey), NONFINITE_PIXEL, NONFINITE_PIXEL]);
});
