import { expect, test } from "vitest";
import { sampleIndex } from "./sample_index";
import { findSeries, latestAtOrBefore, neighbours, resolve } from "./steps";

const index = sampleIndex({ steps: [0, 10, 20, 40], series: [{ method: "saliency", at: [1, 3] }] });
const saliency = findSeries(index, "saliency", null);
if (!saliency) throw new Error("the sample has no saliency");

test("the latest capture at or before a step is found, also beyond both ends", () => {
  const found = [-1, 0, 9, 10, 39, 40, 99].map((step) => latestAtOrBefore(index.steps, step));
  expect(found).toEqual([-1, 0, 0, 1, 2, 3, 3]);
});

test("a series without data at the step gives its latest earlier one and says so", () => {
  expect(resolve(index, saliency, 10)).toMatchObject({ step: 10, exact: true, digest: "d10" });
  expect(resolve(index, saliency, 20)).toMatchObject({ step: 10, exact: false, digest: "d10" });
  expect(resolve(index, saliency, 40)).toMatchObject({ step: 40, exact: true });
});

test("before its first capture a series shows nothing, never a later step", () => {
  expect(resolve(index, saliency, 0)).toBeNull();
  expect(resolve(index, saliency, null)).toBeNull();
});

test("neighbours are the series' own captures, the nearest first", () => {
  const all = sampleIndex({
    steps: [0, 1, 2, 3, 4, 5],
    series: [{ method: "filters", at: [0, 1, 2, 4, 5] }],
  });
  const filters = findSeries(all, "filters", null);
  if (!filters) throw new Error("the sample has no filters");
  expect(neighbours(all, filters, 2).map((capture) => capture.step)).toEqual([4, 1, 5, 0]);
  expect(neighbours(all, filters, 3)).toEqual([]);
});
