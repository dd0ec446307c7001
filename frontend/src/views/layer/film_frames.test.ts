import { expect, test } from "vitest";
import { packed } from "../../draw/colour_map";
import { kernelFrames, mapFrames } from "./film_frames";

test("all steps of a film are drawn in one range, under the steps the answer names", () => {
  const strip = {
    steps: [0, 10],
    shape: [2, 1, 2],
    codes: Uint8Array.from([0, 255, 0, 255]),
    low: Float32Array.from([0, 0]),
    high: Float32Array.from([5, 10]),
    mean: null,
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
  };
  const whole = { ...strip, shape: [1, 3, 1, 2], codes: Uint8Array.from([255, 255, 0, 0, 0, 0]) };
  expect(kernelFrames(whole, true, { colourMap: "bwr", gamma: 1 }).frames[0]?.pixels[0]).toBe(
    packed(255, 0, 0),
  );
  expect(kernelFrames(strip, true, { colourMap: "bwr", gamma: 1 }).frames[0]).toMatchObject({
    width: 3,
    height: 1,
  });
});
