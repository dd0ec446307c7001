import { expect, test } from "vitest";
import { NONFINITE_PIXEL, packed } from "./colour_map";
import { composite, countNonfinite, paintExample, paintHeatmap, veil } from "./heatmap";

test("a map is coloured in its range, NaN marked and counted", () => {
  const values = [0, 1, 5, Number.NaN];
  const pixels = paintHeatmap(values, { low: 0, high: 2 }, { colourMap: "grey", gamma: 1 });
  expect(Array.from(pixels)).toEqual([
    packed(0, 0, 0),
    packed(128, 128, 128),
    packed(255, 255, 255),
    NONFINITE_PIXEL,
  ]);
  expect(countNonfinite(values)).toBe(1);
});

test("an example keeps its true colours, or its luma", () => {
  const rgb = Uint8Array.from([255, 0, 0, 10, 20, 30]);
  expect(Array.from(paintExample(rgb, false))).toEqual([packed(255, 0, 0), packed(10, 20, 30)]);
  expect(paintExample(rgb, true)[0]).toBe(packed(76, 76, 76));
});

test("an overlay hides the example most where the map is strong", () => {
  expect([0, 0.25, 1].map((strength) => veil(strength, 0.5))).toEqual([0, 0.25, 1]);
  expect([0, 1].map((strength) => veil(strength, 1))).toEqual([1, 1]);
  expect([0, 1].map((strength) => veil(strength, 0))).toEqual([0, 0]);
  const pixels = paintHeatmap([-1, 0, 1], { low: -1, high: 1 }, { colourMap: "bwr", gamma: 1, opacity: 0.5 });
  expect(Array.from(pixels, (pixel) => pixel >>> 24)).toEqual([255, 1, 255]);
});

test("pixels laid over others mix by their opacity", () => {
  const base = Uint32Array.from([packed(100, 0, 200), packed(100, 0, 200)]);
  const over = Uint32Array.from([packed(200, 50, 0, 51), packed(1, 2, 3, 0)]);
  expect(Array.from(composite(base, over))).toEqual([packed(120, 10, 160), packed(100, 0, 200)]);
});
