import { expect, test } from "vitest";
import type { Layer, ReceptiveField } from "../../api/types";
import { about } from "./head";

const RELU: Layer = {
  name: "block1.relu",
  kind: "relu",
  shape: [32, 28, 28],
  container: false,
  rectifier: true,
  nonlinearity: true,
  weights: [],
  groups: 1,
  transposed: false,
  receptive_field: { size: [7, 7], stride: [2, 2], offset: [-3, -3], is_global: false },
};

test("a layer is told by its kind, shape and receptive field", () => {
  expect(about(RELU)).toBe("relu · 32 × 28 × 28 · receptive field 7 × 7, stride 2");
});

test("a global operation on the way is said beside the reach of the convolutions", () => {
  const receptive_field: ReceptiveField = { size: [7, 9], stride: [2, 1], offset: [0, 0], is_global: true };
  expect(about({ ...RELU, receptive_field })).toBe(
    "relu · 32 × 28 × 28 · receptive field 7 × 9, stride 2 × 1, and the whole image by a global operation",
  );
});

test("where the field is not known nothing is said of it", () => {
  expect(about({ ...RELU, receptive_field: null })).toBe("relu · 32 × 28 × 28");
  expect(about({ ...RELU, shape: [10] })).toBe("relu · 10");
});
