import { expect, test } from "vitest";
import { packed } from "./colour_map";
import { colourDifference, type TrueColours, trueAtlas, truePixels } from "./true_colours";

/** Two pictures of 1 × 2 pixels. */
const two: TrueColours = {
  count: 2,
  height: 1,
  width: 2,
  images: Uint8Array.from([10, 20, 30, 40, 50, 60, 255, 0, 0, 0, 0, 255]),
};

test("pixels keep their colours", () => {
  expect(Array.from(truePixels(two, 1))).toEqual([packed(255, 0, 0), packed(0, 0, 255)]);
});

test("a sheet stands in rows, and cells past the last picture are clear", () => {
  const sheet = trueAtlas(two, [1, 0, 1], 2);
  expect([sheet.width, sheet.height]).toEqual([4, 2]);
  expect(sheet.pixels[2]).toBe(packed(10, 20, 30));
  expect(Array.from(sheet.pixels.slice(4))).toEqual([packed(255, 0, 0), packed(0, 0, 255), 0, 0]);
});

test("a difference is the mean over the colours, signed, and there is none between sizes", () => {
  const difference = colourDifference(two, two, [1, 0]);
  expect(difference?.[0]).toBeCloseTo((245 - 20 - 30) / 765);
  expect(colourDifference(two, { ...two, width: 1, height: 2 }, [0, 0])).toBeNull();
});
