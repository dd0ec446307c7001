/** From a tensors answer to the shape the views work on; what the server left out becomes null, never a guess. */

import type {
  Channels,
  Examples,
  Images,
  ImagesFacts,
  Maps,
  MapsFacts,
  ScalarCurve,
  Scores,
  Statistics,
  Strip,
  Tensor,
  Tensors,
  TypedArray,
} from "./types";

function tensor(raw: Tensors, name: string): Tensor {
  const found = raw.tensors[name];
  if (!found)
    throw new RangeError(`the answer has no tensor ${name}, only ${Object.keys(raw.tensors).join(", ")}`);
  return found;
}

function array<T extends TypedArray>(raw: Tensors, name: string): T {
  return tensor(raw, name).data as T;
}

function floats(raw: Tensors, name: string): Float32Array | null {
  const found = raw.tensors[name]?.data;
  if (!found) return null;
  return found instanceof Float32Array ? found : Float32Array.from(found);
}

function needFloats(raw: Tensors, name: string): Float32Array {
  tensor(raw, name);
  return floats(raw, name) as Float32Array;
}

function steps(raw: Tensors): number[] {
  return (raw.metadata.steps as number[] | undefined) ?? [];
}

export function maps(raw: Tensors): Maps {
  const main = raw.tensors.values ?? tensor(raw, "codes");
  return {
    facts: raw.metadata as unknown as MapsFacts,
    shape: main.shape,
    codes: (raw.tensors.codes?.data as Uint8Array | undefined) ?? null,
    values: floats(raw, "values"),
    low: floats(raw, "low") ?? new Float32Array(0),
    high: floats(raw, "high") ?? new Float32Array(0),
    mean: floats(raw, "mean"),
    zeros: floats(raw, "zeros"),
    nonfinite: floats(raw, "nonfinite"),
  };
}

export function strip(raw: Tensors): Strip {
  const codes = tensor(raw, "codes");
  return {
    steps: steps(raw),
    shape: codes.shape,
    codes: codes.data as Uint8Array,
    low: needFloats(raw, "low"),
    high: needFloats(raw, "high"),
    mean: floats(raw, "mean"),
    nonfinite: floats(raw, "nonfinite"),
  };
}

export function statistics(raw: Tensors): Statistics {
  const columns: Record<string, Float32Array> = {};
  for (const name of Object.keys(raw.tensors)) columns[name] = needFloats(raw, name);
  return { steps: steps(raw), layers: (raw.metadata.layers as string[] | undefined) ?? [], columns };
}

export function channels(raw: Tensors): Channels {
  return {
    steps: steps(raw),
    layer: String(raw.metadata.layer),
    channels: tensor(raw, "max").shape[1] ?? 0,
    max: needFloats(raw, "max"),
    mean: needFloats(raw, "mean"),
    zeros: needFloats(raw, "zeros"),
  };
}

export function scores(raw: Tensors): Scores {
  const top = tensor(raw, "top_classes");
  return {
    steps: steps(raw),
    examples: top.shape[1] ?? 0,
    top: top.shape[2] ?? 0,
    topClasses: top.data as Int32Array,
    topProbabilities: needFloats(raw, "top_probabilities"),
    topScores: needFloats(raw, "top_scores"),
    labelProbability: needFloats(raw, "label_probability"),
  };
}

export function examples(raw: Tensors): Examples {
  const images = tensor(raw, "images");
  const [count = 0, height = 0, width = 0] = images.shape;
  return {
    count,
    height,
    width,
    images: images.data as Uint8Array,
    labels: (raw.metadata.labels as (number | null)[] | null | undefined) ?? null,
    classNames: (raw.metadata.class_names as string[] | null | undefined) ?? null,
    problems: (raw.metadata.problems as string[] | undefined) ?? [],
  };
}

export function scalar(raw: Tensors): ScalarCurve {
  return {
    steps: Array.from(array(raw, "steps")),
    values: needFloats(raw, "values"),
    wallTimes: array<Float64Array>(raw, "wall_times"),
  };
}

export function images(raw: Tensors): Images {
  const found = tensor(raw, "images");
  const [count = 0, height = 0, width = 0] = found.shape;
  const facts = raw.metadata as unknown as ImagesFacts;
  return { facts, count, height, width, images: found.data as Uint8Array };
}
