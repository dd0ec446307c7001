import { expect, test } from "vitest";
import type { Channels } from "../../api/types";
import { countHealth, deadSince, healthOf, orderOf, overSteps, rowAt } from "./channel_health";

/** Three steps of three channels: one lives, one dies at step 10, one is NaN at the end. */
const channels: Channels = {
  steps: [0, 10, 20],
  layer: "relu",
  channels: 3,
  max: Float32Array.from([1, 2, 3, 4, 0, 3, 5, 0, Number.NaN]),
  mean: Float32Array.from([0.5, 0.25, 1, 0.5, 0, 1, 1.5, 0, Number.NaN]),
  zeros: Float32Array.from([0.5, 0.995, 0, 0.5, 1, 0, 0.5, 1, 0]),
};

test("a channel that gives nothing anywhere is dead, and since when", () => {
  expect([0, 1, 2].map((row) => healthOf(channels, row, 1))).toEqual(["nearly dead", "dead", "dead"]);
  expect(deadSince(channels, 2, 1)).toBe(10);
  expect(deadSince(channels, 0, 1)).toBeNull();
});

test("a channel with NaN is not called dead or alive", () => {
  expect(healthOf(channels, 2, 2)).toBe("not finite");
  expect(countHealth(channels, 2)).toEqual({ alive: 1, "nearly dead": 0, dead: 1, "not finite": 1 });
});

test("the order is the one of the pinned step", () => {
  expect(orderOf(3, "mean", channels, 0)).toEqual([2, 0, 1]);
  expect(orderOf(3, "mean", channels, 15)).toEqual([2, 0, 1]);
  expect(orderOf(3, "zeros", channels, 20)).toEqual([1, 0, 2]);
  expect(orderOf(3, "index", channels, 20)).toEqual([0, 1, 2]);
});

test("change is against the capture before, and what has no number comes last", () => {
  expect(orderOf(3, "change", channels, 20)).toEqual([0, 1, 2]);
  expect(orderOf(3, "change", channels, 0)).toEqual([0, 1, 2]);
});

test("without statistics the order is the channels' own", () => {
  expect(orderOf(2, "max", undefined, 0)).toEqual([0, 1]);
});

test("a row is the latest at or before the step", () => {
  expect([null, -1, 12].map((step) => rowAt(channels, step))).toEqual([2, -1, 1]);
  expect(Array.from(overSteps(channels, "max", 0))).toEqual([1, 4, 5]);
});
