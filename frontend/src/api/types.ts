/** What the routes of docs/http_api.md answer, under their JSON names. */

export interface RunSummary {
  name: string;
  /** How many steps were captured. */
  steps: number;
  first_step: number | null;
  last_step: number | null;
  scalars: string[];
  problems: string[];
}

export interface Runs {
  rev: string;
  logdir: string;
  /** null when `since` equals `rev`. */
  runs: RunSummary[] | null;
}

/** The closed set of result kinds (cnnviz.contract.results). */
export type Kind = "kernels" | "feature_maps" | "heatmap" | "layer_table" | "scores";

export interface ArrayShape {
  dtype: string;
  shape: number[];
}

/** All captures of one record key in a run. */
export interface Series {
  key: string;
  method: string;
  kind: Kind;
  layer: string | null;
  params: Record<string, unknown>;
  facts: Record<string, unknown>;
  arrays: Record<string, ArrayShape>;
  /** Positions in `RunIndex.steps`, ascending. */
  at: number[];
}

export interface Layer {
  name: string;
  kind: string;
  /** Output of one image: [K, h, w], [K], or [] when it is not a tensor. */
  shape: number[];
  container: boolean;
  rectifier: boolean;
  nonlinearity: boolean;
  weights: string[];
  groups: number;
  transposed: boolean;
}

export interface ExamplesFacts {
  digest: string;
  count: number;
  /** [C, H, W] or [N, C, H, W]. */
  shape: number[];
  labels: number[] | null;
  class_names: string[] | null;
}

export interface RunIndex {
  rev: string;
  name: string;
  /** Strictly increasing. */
  steps: number[];
  wall_times: number[];
  digests: string[];
  checkpoints: boolean[];
  sources: ("bulk" | "preview")[];
  series: Series[];
  skipped: { step: number; method: string; reason: string }[];
  /** In forward order, containers included. */
  layers: Layer[];
  model: { digest: string; parameters: number; captured: "graph" | "hooks" } | null;
  examples: ExamplesFacts | null;
  scalars: string[];
  problems: string[];
}

export interface RunAnswer {
  rev: string;
  /** The whole index, or null when `since` equals `rev`. */
  index: RunIndex | null;
}

export type TypedArray =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | Float32Array
  | Float64Array;

export interface Tensor<T extends TypedArray = TypedArray> {
  dtype: string;
  shape: number[];
  data: T;
}

/** A decoded safetensors answer. */
export interface Tensors {
  metadata: Record<string, unknown>;
  tensors: Record<string, Tensor>;
  /** Bytes held by the arrays. */
  bytes: number;
}

/** What `maps` says beside its pictures. */
export interface MapsFacts {
  run: string;
  step: number;
  key: string;
  array: string;
  image: number | null;
  digest: string;
  source: "bulk" | "preview";
  signed: boolean;
  unit: string | null;
}

/** One record's pictures at one step; `codes` or, with exact, `values`. */
export interface Maps {
  facts: MapsFacts;
  /** (K, h, w), or (F, S, kh, kw) for kernels. */
  shape: number[];
  /** uint8: low + code / 255 · (high − low), per picture (per filter for kernels). */
  codes: Uint8Array | null;
  /** Exact values, with `exact` only. */
  values: Float32Array | null;
  low: Float32Array;
  high: Float32Array;
  /** Feature maps only, per channel: mean, share of zeros 0…1, count of NaN and Inf. */
  mean: Float32Array | null;
  zeros: Float32Array | null;
  nonfinite: Float32Array | null;
}

/** One channel's picture at many steps. */
export interface Strip {
  steps: number[];
  /** (S, h, w) */
  shape: number[];
  codes: Uint8Array;
  low: Float32Array;
  high: Float32Array;
  mean: Float32Array | null;
}

/** Whole-run table: `columns[name]` is (S, L), NaN where nothing was recorded. */
export interface Statistics {
  steps: number[];
  layers: string[];
  columns: Record<string, Float32Array>;
}

/** (S, K) each. */
export interface Channels {
  steps: number[];
  layer: string;
  channels: number;
  max: Float32Array;
  mean: Float32Array;
  zeros: Float32Array;
}

/** Predictions of N examples at S steps; the top arrays are (S, N, top). */
export interface Scores {
  steps: number[];
  examples: number;
  top: number;
  topClasses: Int32Array;
  topProbabilities: Float32Array;
  topScores: Float32Array;
  /** (S, N), NaN without a label. */
  labelProbability: Float32Array;
}

export interface Examples {
  count: number;
  height: number;
  width: number;
  /** (N, H, W, 3), true colours. */
  images: Uint8Array;
  labels: (number | null)[] | null;
  classNames: string[] | null;
  problems: string[];
}

export interface ScalarCurve {
  steps: number[];
  values: Float32Array;
  wallTimes: Float64Array;
}

export interface RecordFacts {
  provenance: Record<string, unknown>;
  facts: Record<string, unknown>;
  arrays: Record<string, ArrayShape>;
  /** Lines of Python that load the same arrays. */
  python: string;
}
