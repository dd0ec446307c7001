import { expect, test } from "vitest";
import type { Layer, RunIndex, Series } from "../../api/types";
import { chosenTab, firstLayer, heatmaps, kernelsBefore, layerTabs, seriesTitle } from "./series";

function series(key: string, kind: string, layer: string | null, params = {}): Series {
  const method = (key.split(/[@/]/)[0] ?? "") as string;
  return { key, method, kind, layer, params, facts: {}, arrays: {}, at: [0] };
}

const layers = ["conv", "relu", "fc"].map((name) => ({ name, container: false }) as Layer);
const index = {
  layers,
  series: [
    series("filters/conv", "kernels", "conv"),
    series("activations/relu", "feature_maps", "relu"),
    series("saliency", "heatmap", null),
    series("saliency@1", "heatmap", null, { target: 3 }),
    series("other/relu", "feature_maps", "relu"),
  ],
} as unknown as RunIndex;

test("views are found by kind, whatever the method is called", () => {
  expect(heatmaps(index).map((one) => one.key)).toEqual(["saliency", "saliency@1"]);
  expect(layerTabs(index, "relu").map((tab) => [tab.method, tab.series !== null])).toEqual([
    ["filters", false],
    ["activations", true],
    ["other", true],
  ]);
});

test("activations come first, and what is asked for before them", () => {
  const tabs = layerTabs(index, "relu");
  expect(chosenTab(tabs, null)?.method).toBe("activations");
  expect(chosenTab(tabs, "filters")?.series).toBeNull();
  expect(chosenTab(layerTabs(index, "conv"), null)?.method).toBe("filters");
  expect(chosenTab([], null)).toBeUndefined();
});

test("top patches are a tab where they are recorded", () => {
  const more = { ...index, series: [...index.series, series("top_patches/relu", "patches", "relu")] };
  expect(layerTabs(more, "relu").at(-1)).toMatchObject({ kind: "patches", title: "Top patches" });
  expect(layerTabs(more, "conv").some((tab) => tab.kind === "patches")).toBe(false);
});

test("a second set of params is told apart by what it sets", () => {
  expect(index.series.slice(2, 4).map(seriesTitle)).toEqual(["Saliency", "Saliency · target 3"]);
});

test("a layer without filters knows the convolution before it", () => {
  expect(kernelsBefore(index, layers, "relu")).toBe("conv");
  expect(kernelsBefore(index, layers, "absent")).toBeNull();
  expect(firstLayer(index)).toBe("relu");
});

test("a method is called what its record calls it", () => {
  const cam = { ...series("grad_cam/relu", "heatmap", "relu"), facts: { title: "Grad-CAM" } };
  expect(seriesTitle(cam)).toBe("Grad-CAM of relu");
  expect(seriesTitle(series("grad_cam/relu", "heatmap", "relu"))).toBe("Grad cam of relu");
});
