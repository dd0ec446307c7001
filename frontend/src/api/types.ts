/** What the routes answer: their JSON (written from the plugin's structs), and the decoded tensors. */

import type { ImagesFacts, MapsFacts } from "./contract";

export type {
  ArrayShape,
  Catalogue,
  CatalogueAnswer,
  ExamplesIndex,
  ImagesFacts,
  InputAsk,
  JobAnswer,
  JobAsk,
  JobRequest,
  JobStatus,
  JobsAnswer,
  JobView,
  Layer,
  MapsFacts,
  MethodCard,
  Origin,
  Preset,
  Provenance,
  ReceptiveField,
  RecordAnswer,
  ResultAnswer,
  ResultRecord,
  RunAnswer,
  RunIndex,
  RunSummary,
  RunsAnswer,
  Series,
  SessionAnswer,
} from "./contract";

/** The closed set of result kinds (cnnviz.contract.results). */
export type Kind =
  | "kernels"
  | "feature_maps"
  | "heatmap"
  | "layer_table"
  | "scores"
  | "images"
  | "trust"
  | "patches"
  | "embedding";

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
  /** Count of NaN and Inf at each step. */
  nonfinite: Float32Array | null;
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

/** A job's pictures, true colours. */
export interface Images {
  facts: ImagesFacts;
  count: number;
  height: number;
  width: number;
  /** (N, H, W, 3) */
  images: Uint8Array;
}
