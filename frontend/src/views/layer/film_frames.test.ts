import { expect, test } from "vitest";
import type { Maps } from "../../api/types";
import { packed } from "../../draw/colour_map";
import { kernelFrames, mapFrames, withShown } from "./film_frames";

test("all steps of a film are drawn in one range, under the steps the answer names", () => {
  const strip = {
    steps: [0, 10],
    shape: [2, 1, 2],
    codes: Uint8Array.from([0, 255, 0, 255]),
    low: Float32Array.from([0, 0]),
    high: Float32Array.from([5, 10]),
    mean: null,
    nonfinite: null,
  };
  const { frames, range } = mapFrames(strip, { colourMap: "grey", gamma: 1 });
  expect(range).toEqual({ low: 0, high: 10 });
  expect(frames.map((frame) => frame.step)).toEqual([0, 10]);
  expect(frames.map((frame) => frame.pixels[1])).toEqual([packed(128, 128, 128), packed(255, 255, 255)]);
});

test("a filter of the first layer is in colour at each step", () => {
  const strip = {
    steps: [0],
    shape: [1, 3, 1, 1],
    codes: Uint8Array.from([255, 0, 0]),
    low: Float32Array.from([-1]),
    high: Float32Array.from([1]),
    mean: null,
    nonfinite: null,
  };
  const whole = { ...strip, shape: [1, 3, 1, 2], codes: Uint8Array.from([255, 255, 0, 0, 0, 0]) };
  expect(kernelFrames(whole, true, { colourMap: "bwr", gamma: 1 }).frames[0]?.pixels[0]).toBe(
    packed(255, 0, 0),
  );
  expect(kernelFrames(strip, true, { colourMap: "bwr", gamma: 1 }).frames[0]).toMatchObject({
    width: 2,
    height: 2,
  });
});

test("the step on show takes the place of the frame before it, and no other frame moves", () => {
  const strip = {
    steps: [0, 10, 20],
    shape: [3, 1, 1],
    codes: Uint8Array.from([1, 2, 3]),
    low: new Float32Array(3),
    high: Float32Array.from([1, 1, 1]),
    mean: null,
    nonfinite: null,
  };
  const maps = {
    facts: { step: 15 },
    shape: [2, 1, 1],
    codes: Uint8Array.from([8, 9]),
    low: new Float32Array(2),
    high: Float32Array.from([4, 5]),
  } as unknown as Maps;
  const shown = withShown(strip, maps, 1);
  expect(shown.steps).toEqual([0, 15, 20]);
  expect(Array.from(shown.codes)).toEqual([1, 9, 3]);
  expect(shown.high[1]).toBe(5);
  expect(strip.steps).toEqual([0, 10, 20]);
  expect(withShown(strip, { ...maps, facts: { ...maps.facts, step: 20 } }, 1)).toBe(strip);
});
