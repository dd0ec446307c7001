import { expect, test } from "vitest";
import { axisLabels, axisOver, lanes, makeAxis, nearest, positions, sayDuration } from "./axis";
import { sampleIndex } from "./sample_index";

test("the axis spans both runs, and the square root gives early steps room", () => {
  const [a, b] = [sampleIndex({ steps: [0, 100] }), sampleIndex({ steps: [25, 400] })];
  const axis = axisOver([a, b], "step", "sqrt");
  expect([0, 100, 400].map((step) => axis?.place(step))).toEqual([0, 0.5, 1]);
  expect(axisOver([a, b], "step", "lin")?.place(100)).toBe(0.25);
  expect(axisOver([sampleIndex({ steps: [] })], "step", "sqrt")).toBeNull();
});

test("on the time axis each run starts at its own first capture", () => {
  expect(positions(sampleIndex({ steps: [5, 10] }), "time")).toEqual([0, 10]);
});

test("one capture stands in the middle", () => {
  expect(makeAxis(7, 7, "sqrt").place(7)).toBe(0.5);
});

test("the nearest capture is found; none gives -1", () => {
  expect([nearest([0, 0.5, 1], 0.7), nearest([0, 0.5, 1], 0.8), nearest([], 0.5)]).toEqual([1, 2, -1]);
});

test("labels do not touch, and both ends are among them", () => {
  const steps = Array.from({ length: 500 }, (_, i) => i);
  const labels = axisLabels(steps, makeAxis(0, 499, "lin"), 600, String);
  expect([labels[0]?.text, labels.at(-1)?.text]).toEqual(["0", "499"]);
  expect(labels.length).toBeGreaterThan(8);
  const gaps = labels.slice(1).map((label, i) => label.x - (labels[i]?.x ?? 0));
  expect(Math.min(...gaps)).toBeGreaterThan(20);
});

test("kinds captured at the same steps share a lane, and five lanes become four", () => {
  const at = (method: string, ...positions: number[]) => ({ method, at: positions });
  const steps = [0, 1, 2, 3];
  const two = sampleIndex({
    steps,
    series: [at("filters", 0, 1), at("activations", 0, 1), at("saliency", 1)],
  });
  expect(lanes(two).map((lane) => [lane.title, lane.at])).toEqual([
    ["filters, maps", [0, 1]],
    ["saliency", [1]],
  ]);
  const five = ["a", "b", "c", "d", "e"].map((name, i) => at(name, ...steps.slice(0, i % 4), 3));
  const merged = lanes(sampleIndex({ steps, series: five.map((one, i) => ({ ...one, at: [i % 4, 3] })) }));
  expect(merged.length).toBeLessThanOrEqual(4);
  expect(merged.flatMap((lane) => lane.methods).sort()).toEqual(["a", "b", "c", "d", "e"]);
});

test("durations are said as people do", () => {
  expect([45, 720, 12600].map((seconds) => sayDuration(seconds))).toEqual(["45 s", "12 min", "3.5 h"]);
  expect([sayDuration(1.24, 8), sayDuration(1.24, 80)]).toEqual(["1.2 s", "1 s"]);
});
