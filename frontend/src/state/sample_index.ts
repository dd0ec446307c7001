/** Small indexes for the tests of this folder. */

import type { Layer, RunIndex, Series } from "../api/types";

interface Sample {
  steps?: number[];
  layers?: (Partial<Layer> & { name: string })[];
  series?: (Partial<Series> & { method: string })[];
  labels?: number[];
}

export function sampleLayer(layer: Partial<Layer> & { name: string }): Layer {
  return {
    kind: "conv2d",
    shape: [4, 8, 8],
    container: false,
    rectifier: false,
    nonlinearity: false,
    weights: [],
    groups: 1,
    transposed: false,
    receptive_field: null,
    ...layer,
  };
}

export function sampleIndex({ steps = [0], layers = [], series = [], labels }: Sample): RunIndex {
  return {
    rev: "r1",
    name: "run",
    steps,
    wall_times: steps.map((step) => 1000 + step * 2),
    digests: steps.map((step) => `d${step}`),
    checkpoints: steps.map(() => false),
    sources: steps.map(() => "bulk"),
    series: series.map((one) => ({
      key: one.layer ? `${one.method}/${one.layer}` : one.method,
      kind: "feature_maps",
      layer: null,
      params: {},
      facts: {},
      arrays: {},
      at: steps.map((_, position) => position),
      ...one,
    })),
    skipped: [],
    layers: layers.map(sampleLayer),
    parents: [],
    model: null,
    examples: labels
      ? {
          digest: "e",
          count: labels.length,
          shape: [1, 8, 8],
          labels,
          class_names: ["cat", "dog"],
          names: null,
        }
      : null,
    scalars: [],
    problems: [],
  };
}
