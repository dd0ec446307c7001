// Written by scripts/generate_contract.py from tb_cnnviz/schema.py. Do not edit.

/**
 * Type and shape of one array of a series, as recorded last.
 */
export interface ArrayShape {
  dtype: string;
  shape: number[];
}
/**
 * What a worker can run.
 */
export interface Catalogue {
  version: number;
  versions: {
    [k: string]: string;
  };
  devices: string[];
  methods: MethodCard[];
}
/**
 * A method as the page offers it.
 */
export interface MethodCard {
  name: string;
  title: string;
  version: number;
  kind: string;
  help: string;
  schema: {
    [k: string]: unknown;
  };
  presets: Preset[];
  in_training: boolean;
  needs_examples: boolean;
  makes: string;
}
/**
 * A named set of parameters, with where it comes from.
 */
export interface Preset {
  name: string;
  title: string;
  params: {
    [k: string]: unknown;
  };
  source: string;
}
/**
 * The route `catalogue`: what the workers can run.
 */
export interface CatalogueAnswer {
  state: "failed" | "loading" | "ready";
  reason: string;
  catalogue: Catalogue | null;
}
/**
 * Header of the route `channels`.
 */
export interface ChannelsFacts {
  run: string;
  rev: string;
  layer: string;
  steps: number[];
}
/**
 * Header of the route `dataset`.
 */
export interface DatasetFacts {
  run: string;
  name: string;
  count: number;
  total: number | null;
  shape: number[];
  thumbnail: number[];
  reference: string;
  class_names: string[] | null;
  left_out: number;
  problems: string[];
}
/**
 * Any answer whose status is 400 or more.
 */
export interface ErrorAnswer {
  error: ErrorBody;
}
/**
 * What went wrong, in one sentence.
 */
export interface ErrorBody {
  kind: string;
  message: string;
  field?: string | null;
}
/**
 * Header of the route `examples`.
 */
export interface ExamplesFacts {
  labels: number[] | null;
  class_names: string[] | null;
  names: string[] | null;
  count: number;
  problems: string[];
}
/**
 * The images that every capture looks at.
 */
export interface ExamplesIndex {
  digest: string;
  count: number;
  shape: number[];
  labels: number[] | null;
  class_names: string[] | null;
  names: string[] | null;
}
/**
 * Header of `jobs/<id>/images`: pictures in true colours.
 */
export interface ImagesFacts {
  id: string;
  key: string;
  captions: string[];
  facts: {
    [k: string]: unknown;
  };
}
/**
 * A picture that a job looks at: sent with the request, or made by an earlier job.
 */
export interface InputAsk {
  data: string | null;
  job: string | null;
  image: number;
  own: number | null;
}
/**
 * `POST jobs`, `GET jobs/<id>`, `POST jobs/<id>/cancel` and `…/move`.
 */
export interface JobAnswer {
  job: JobView;
  existing: boolean;
}
/**
 * A job as the page sees it.
 */
export interface JobView {
  run: string;
  request: JobRequest;
  status: JobStatus;
  in_cache: boolean;
  network: Network | null;
}
/**
 * What is asked; two requests with the same `digest` ask for the same picture.
 */
export interface JobRequest {
  version: number;
  id: string;
  method: string;
  params: {
    [k: string]: unknown;
  };
  run: string;
  step: number | null;
  examples: number[];
  inputs: number;
  input_digests: string[];
  origins: (Origin | null)[];
  seed: number;
  created: number;
  digest: string;
}
/**
 * The job that made a picture which another job looks at, and so on to the first picture.
 */
export interface Origin {
  job: string;
  image: number;
  method: string;
  params: {
    [k: string]: unknown;
  };
  run: string;
  step: number | null;
  examples: number[];
  seed: number;
  inputs: (Origin | null)[];
  cut: boolean;
}
/**
 * How a job goes; written by the server until a worker claims it, by that worker afterwards.
 */
export interface JobStatus {
  version: number;
  state: "cancelled" | "cancelling" | "done" | "failed" | "queued" | "running" | "starting";
  position: number;
  iteration: number;
  total: number;
  rate: number;
  remaining: number | null;
  objective: [number, number | null][];
  objective_name: string;
  preview: string | null;
  result: string | null;
  kind: string | null;
  message: string;
  log_tail: string;
  device: string;
  pid: number | null;
  started: number | null;
  updated: number;
  progressed: number | null;
  finished: number | null;
}
/**
 * A network that a job has trained and left: what about.json says of it.
 */
export interface Network {
  kind: string;
  facts: {
    [k: string]: unknown;
  };
}
/**
 * Body of `POST jobs`.
 */
export interface JobAsk {
  run: string;
  method: string;
  params: {
    [k: string]: unknown;
  };
  step: number | null;
  examples: number[];
  inputs: InputAsk[];
  seed: number;
  device: string | null;
}
/**
 * The route `jobs`.
 */
export interface JobsAnswer {
  rev: string;
  order: string[];
  jobs: JobView[];
}
/**
 * One call of a module, one functional op inside a module, or a container module.
 *
 *     Names: a module's `named_modules()` name; a functional op takes `<module>.<op>` (`block1.relu`);
 *     the second and later calls of one name add `:1`, `:2`, … (`layer1.0.relu:1`).
 */
export interface Layer {
  name: string;
  kind: string;
  shape: number[];
  container: boolean;
  rectifier: boolean;
  nonlinearity: boolean;
  weights: string[];
  groups: number;
  transposed: boolean;
  receptive_field: ReceptiveField | null;
}
/**
 * Which pixels a unit sees: unit (i, j) `size` of them from `offset + stride · (i, j)` on.
 *
 *     Each is a pair (height, width) in input pixels. The field is that of the convolutions and pools,
 *     and reaches beyond the image's border where padding does.
 */
export interface ReceptiveField {
  /**
   * @minItems 2
   * @maxItems 2
   */
  size: [number, number];
  /**
   * @minItems 2
   * @maxItems 2
   */
  stride: [number, number];
  /**
   * @minItems 2
   * @maxItems 2
   */
  offset: [number, number];
  is_global: boolean;
}
/**
 * Header of the route `layout`.
 */
export interface LayoutFacts {
  run: string;
  step: number;
  key: string;
  layer: string | null;
  digest: string;
  facts: {
    [k: string]: unknown;
  };
}
/**
 * Header of the route `maps`.
 */
export interface MapsFacts {
  run: string;
  step: number;
  key: string;
  array: string;
  image: number;
  channel: number | null;
  images: number;
  digest: string;
  source: "bulk" | "preview";
  signed: boolean;
  unit: string | null;
  shape: number[];
  problems: string[];
}
/**
 * What was captured of the model.
 */
export interface ModelIndex {
  digest: string;
  parameters: number | null;
  captured: ("graph" | "hooks") | null;
}
/**
 * Body of `POST jobs/<id>/move`.
 */
export interface MoveAsk {
  before: string | null;
}
/**
 * The route `neighbours`: the nearest other images of one, nearest first.
 */
export interface NeighboursAnswer {
  row: number;
  by: string;
  rows: number[];
  distances: number[];
}
/**
 * Header of the route `patches`.
 */
export interface PatchesFacts {
  run: string;
  step: number;
  key: string;
  layer: string | null;
  digest: string;
  first: number;
  channels: number;
  facts: {
    [k: string]: unknown;
  };
}
/**
 * Where a record comes from: enough to make it again.
 */
export interface Provenance {
  method: string;
  method_version: number;
  params: {
    [k: string]: unknown;
  };
  run: string;
  step: number | null;
  layer: string | null;
  seed: number;
  model_digest: string;
  versions: {
    [k: string]: string;
  };
  device: string;
  duration: number;
  wall_time: number;
  origins: (Origin | null)[];
}
/**
 * Header of the route `reaction`.
 */
export interface ReactionFacts {
  run: string;
  step: number;
  key: string;
  channel: number;
}
/**
 * The route `record`: where one picture comes from, and the line of Python that loads it.
 */
export interface RecordAnswer {
  provenance: Provenance;
  facts: {
    [k: string]: unknown;
  };
  arrays: {
    [k: string]: ArrayShape;
  };
  source: "bulk" | "preview";
  python: string;
}
/**
 * `GET jobs/<id>/result`.
 */
export interface ResultAnswer {
  digest: string;
  records: ResultRecord[];
  python: string;
}
/**
 * One record of a job's result.
 */
export interface ResultRecord {
  key: string;
  kind: string;
  layer: string | null;
  arrays: {
    [k: string]: ArrayShape;
  };
  facts: {
    [k: string]: unknown;
  };
  provenance: Provenance;
}
/**
 * The route `run`.
 */
export interface RunAnswer {
  rev: string;
  index: RunIndex | null;
}
/**
 * All that a run recorded, without the arrays; the lists of S items run parallel to `steps`.
 */
export interface RunIndex {
  rev: string;
  name: string;
  steps: number[];
  wall_times: number[];
  digests: string[];
  checkpoints: boolean[];
  sources: ("bulk" | "preview")[];
  series: Series[];
  skipped: SkippedAt[];
  layers: Layer[];
  parents: number[];
  model: ModelIndex | null;
  examples: ExamplesIndex | null;
  scalars: string[];
  problems: string[];
}
/**
 * The records of one key over the steps of a run.
 */
export interface Series {
  key: string;
  method: string;
  kind: string;
  layer: string | null;
  params: {
    [k: string]: unknown;
  };
  facts: {
    [k: string]: unknown;
  };
  arrays: {
    [k: string]: ArrayShape;
  };
  at: number[];
}
/**
 * A method that was due but gave no record, and at which step.
 */
export interface SkippedAt {
  method: string;
  reason: string;
  step: number;
}
/**
 * One line of the run picker.
 */
export interface RunSummary {
  name: string;
  steps: number;
  first_step: number | null;
  last_step: number | null;
  scalars: string[];
  problems: string[];
}
/**
 * The route `runs`.
 */
export interface RunsAnswer {
  rev: string;
  logdir: string;
  runs: RunSummary[] | null;
}
/**
 * Header of the route `scalar`.
 */
export interface ScalarFacts {
  run: string;
  tag: string;
  points: number;
}
/**
 * Header of the route `scores`.
 */
export interface ScoresFacts {
  run: string;
  rev: string;
  steps: number[];
  problems: string[];
}
/**
 * The route `session`: whether jobs can be asked for, and the token that asking needs.
 */
export interface SessionAnswer {
  token: string | null;
  jobs: boolean;
  reason: string;
  devices: string[];
  max_waiting: number;
  max_inputs: number;
  max_input_bytes: number;
  max_input_pixels: number;
}
/**
 * Header of the route `statistics`.
 */
export interface StatisticsFacts {
  run: string;
  rev: string;
  steps: number[];
  layers: string[];
  columns: string[];
  problems: string[];
}
/**
 * Header of the route `strip`.
 */
export interface StripFacts {
  run: string;
  key: string;
  array: string;
  steps: number[];
  signed: boolean;
}
/**
 * Header of the route `thumbnails`.
 */
export interface ThumbnailsFacts {
  run: string;
  name: string;
  rows: number[];
}
/**
 * How one channel answers to the chosen images, beside all images.
 */
export interface UnitShare {
  channel: number;
  chosen: number;
  all: number;
  contrast: number;
}
/**
 * The route `units`: which channels answer most to the chosen images.
 */
export interface UnitsAnswer {
  key: string;
  layer: string | null;
  chosen: number;
  units: UnitShare[];
}
