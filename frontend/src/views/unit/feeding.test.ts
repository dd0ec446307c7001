import { expect, test } from "vitest";
import { sampleIndex } from "../../state/sample_index";
import { feeding, relative } from "./feeding";

const index = sampleIndex({
  layers: [
    { name: "conv1", shape: [8, 8, 8] },
    { name: "conv2", shape: [16, 8, 8] },
    { name: "block", kind: "Block", shape: [16, 8, 8], container: true },
    { name: "relu", kind: "relu", shape: [16, 8, 8] },
    { name: "concat", kind: "cat", shape: [24, 8, 8] },
    { name: "fc", kind: "linear", shape: [16] },
    { name: "fc.relu", kind: "relu", shape: [16] },
  ],
  series: [
    {
      method: "filters",
      kind: "kernels",
      layer: "conv1",
      arrays: { weights: { dtype: "float32", shape: [8] } },
    },
    { method: "filters", kind: "kernels", layer: "conv2" },
  ],
});

test("a rectifier's channels are the filters of the convolution before it", () => {
  const fed = feeding(index, "relu");
  expect([fed?.layer.name, fed?.series?.key]).toEqual(["conv2", "filters/conv2"]);
  expect(feeding(index, "conv1")?.layer.name).toBe("conv1");
});

test("where channels were joined, or mixed by a linear layer, there is no one filter", () => {
  expect(feeding(index, "concat")).toBeNull();
  expect(feeding(index, "fc.relu")).toBeNull();
  expect(feeding(index, "absent")).toBeNull();
});

test("the nearest convolution counts, recorded or not", () => {
  const bare = sampleIndex({
    layers: index.layers,
    series: [{ method: "filters", kind: "kernels", layer: "conv1" }],
  });
  expect(feeding(bare, "relu")?.layer.name).toBe("conv2");
  expect(feeding(bare, "relu")?.series).toBeNull();
});

test("a layer of the same channels close by may have what is asked for", () => {
  const patches = (layer: string) => ({ method: "top_patches", kind: "patches", layer });
  const { layers } = index;
  expect(relative(sampleIndex({ layers, series: [patches("relu")] }), "conv2")).toBe("relu");
  expect(relative(sampleIndex({ layers, series: [patches("conv2")] }), "relu")).toBe("conv2");
  expect(relative(sampleIndex({ layers, series: [patches("conv2")] }), "conv1")).toBeNull();
  expect(relative(sampleIndex({ layers, series: [patches("relu")] }), "concat")).toBeNull();
  expect(relative(sampleIndex({ layers, series: [patches("relu")] }), "absent")).toBeNull();
});
