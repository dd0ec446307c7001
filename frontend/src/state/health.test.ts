import { expect, test } from "vitest";
import type { Channels, Statistics } from "../api/types";
import { deadChannels, healthAt, sumHealth } from "./health";
import { sampleLayer } from "./sample_index";

const table: Statistics = {
  steps: [0, 10],
  layers: ["conv", "relu"],
  columns: {
    zeros: new Float32Array([0, 0.5, 0, 0.75]),
    dead: new Float32Array([Number.NaN, 0, Number.NaN, 2]),
    nan: new Float32Array([0, 0, 3, 0]),
  },
};
const layers = [
  sampleLayer({ name: "conv" }),
  sampleLayer({ name: "relu", shape: [8, 4, 4], rectifier: true }),
];

test("health is that of the latest capture at or before the step", () => {
  expect(healthAt(table, 9).get("relu")).toEqual({ layer: "relu", zeros: 0.5, dead: 0, nonfinite: 0 });
  expect(healthAt(table, 10).get("relu")?.dead).toBe(2);
  expect(healthAt(table, -1).size).toBe(0);
});

test("dead channels are counted out of the layers in which death can be told", () => {
  expect(sumHealth(table, 10, layers)).toMatchObject({ step: 10, dead: 2, channels: 8, nonfinite: 3 });
  expect(sumHealth(table, 10, layers)?.broken.map((health) => health.layer)).toEqual(["conv"]);
});

/** Rows are captures, columns channels; 1 is silent. */
function silence(...rows: number[][]): Channels {
  const zeros = new Float32Array(rows.flat());
  const channels = rows[0]?.length ?? 0;
  const steps = rows.map((_, i) => i * 10);
  return { steps, layer: "relu", channels, zeros, max: zeros, mean: zeros };
}

test("a channel died at the first capture of the silence that reaches the step", () => {
  const told = silence([0, 1, 0.5, 1], [1, 0, 0.9, 1], [1, 1, 0.9, 1]);
  expect(deadChannels(told, 25).map(({ channel, since, alive }) => [channel, since, alive])).toEqual([
    [1, 20, 10],
    [0, 10, 0],
    [3, 0, null],
  ]);
});

test("a channel that came back to life is not dead, and was while it was silent", () => {
  const told = silence([0], [1], [0]);
  expect(deadChannels(told, 20)).toEqual([]);
  expect(deadChannels(told, 10)).toHaveLength(1);
});

test("NaN is not silence, and before the first capture nothing is dead", () => {
  expect(deadChannels(silence([Number.NaN]), 0)).toEqual([]);
  expect(deadChannels(silence([1]), -5)).toEqual([]);
});
