import { expect, test } from "vitest";
import { pixelAt, spotOf } from "./map_canvas";

test("a spot is the same place in maps of any resolution", () => {
  const spot = spotOf(3, 5, { width: 7, height: 7 });
  expect(pixelAt(spot, { width: 7, height: 7 })).toEqual({ row: 3, column: 5 });
  expect(pixelAt(spot, { width: 224, height: 224 })).toEqual({ row: 112, column: 176 });
});

test("a spot on the edge lies in the last pixel", () => {
  expect(pixelAt({ x: 1, y: 1 }, { width: 4, height: 3 })).toEqual({ row: 2, column: 3 });
  expect(pixelAt({ x: -0.1, y: 0 }, { width: 4, height: 3 })).toEqual({ row: 0, column: 0 });
});
