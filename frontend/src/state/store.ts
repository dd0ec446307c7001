/** The page's one state: what is looked at (kept in the link), and what is known about it (from the server). */

import { batch, computed, type ReadonlySignal, type Signal, signal } from "@preact/signals";
import type {
  CatalogueAnswer,
  Layer,
  RunIndex,
  RunSummary,
  ScalarCurve,
  SessionAnswer,
  Statistics,
} from "../api/types";
import { type JobList, NO_JOBS } from "./job_list";
import type { OwnInput } from "./own_inputs";
import { latestAtOrBefore } from "./steps";

export type ViewName = "overview" | "layer" | "unit" | "image" | "embedding" | "compare" | "jobs";
export type Sequential = "viridis" | "magma" | "cividis" | "grey";
export type Diverging = "bwr" | "puor";
export type RangeMode = "channel" | "shared";
export type SortOrder = "index" | "mean" | "max" | "zeros" | "change";
export type CompareMode = "side" | "flicker" | "difference";
export type Subject = "filters" | "activations" | "heatmap";
/** Which map of an embedding: by t-SNE, its first principal components, or a cell of its own for each image. */
export type Lay = "map" | "pca" | "grid";
export type ScatterDraw = "images" | "points" | "density";
export type ScatterColour = "label" | "prediction" | "error" | "loss" | "unit";
export type StripAxis = "step" | "time";
export type StripScale = "sqrt" | "lin";
export type Theme = "light" | "dark";

/** Run A or run B: which one, at which step, and what the server told about it. */
export class Side {
  readonly name: "A" | "B";
  /** null: none chosen (B), or none there (A). B may be the same run as A at another step. */
  readonly run: Signal<string | null> = signal(null);
  /** The step asked for; null follows the latest. */
  readonly step: Signal<number | null> = signal(null);
  /** Of `run`; null until it is loaded. Always replaced, never changed in place. */
  readonly index: Signal<RunIndex | null> = signal(null);
  readonly error: Signal<Error | null> = signal(null);
  readonly statistics: Signal<Statistics | null> = signal(null);
  /** The scalar drawn in the step strip. */
  readonly curve: Signal<ScalarCurve | null> = signal(null);
  /** The captured step looked at: the latest at or before `step`, else the first; null without any. */
  readonly shown: ReadonlySignal<number | null>;
  /** True while the latest capture is followed. */
  readonly follows: ReadonlySignal<boolean>;

  constructor(name: "A" | "B") {
    this.name = name;
    this.shown = computed(() => {
      const steps = this.index.value?.steps ?? [];
      const at = this.step.value === null ? steps.length - 1 : latestAtOrBefore(steps, this.step.value);
      return steps[Math.max(at, 0)] ?? null;
    });
    this.follows = computed(() => this.step.value === null);
  }
}

/** How far the page has got with the list of runs. */
export type RunsState =
  | { kind: "waiting" }
  | { kind: "failed"; error: Error }
  | { kind: "ready"; logdir: string; runs: RunSummary[]; checkedAt: number };

export class Store {
  readonly view: Signal<ViewName> = signal("overview");
  readonly a = new Side("A");
  readonly b = new Side("B");
  readonly layer: Signal<string | null> = signal(null);
  /** Channel (or filter) selected in `layer`. */
  readonly channel: Signal<number | null> = signal(null);
  /** Index of the example. */
  readonly image: Signal<number> = signal(0);
  /** Whether the selected channel is shown large, alone. */
  readonly zoom: Signal<boolean> = signal(false);
  /** What the layer view draws, by method name; null: activations where recorded. */
  readonly method: Signal<string | null> = signal(null);
  readonly cmap: Signal<Sequential> = signal("viridis");
  readonly signedCmap: Signal<Diverging> = signal("bwr");
  readonly range: Signal<RangeMode> = signal("channel");
  readonly gamma: Signal<number> = signal(1);
  readonly sort: Signal<SortOrder> = signal("index");
  /** Step at which the order of channels is pinned; null: the step looked at when the sort was chosen. */
  readonly sortStep: Signal<number | null> = signal(null);
  /** Opacity of overlays, 0…1. */
  readonly opacity: Signal<number> = signal(0.7);
  /** Share of an overlay's magnitudes, in percent, that its range holds; the rest takes the colour of the end. */
  readonly percent: Signal<number> = signal(98);
  /** Smoothing of maps over the image, σ in their pixels; null: what fits their size. */
  readonly smooth: Signal<number | null> = signal(null);
  /** The class that maps over the image explain; null: each example's label, else its top-1. */
  readonly target: Signal<number | null> = signal(null);
  /** Whether overlays lie on the example in grey, or in its colours. */
  readonly grey: Signal<boolean> = signal(true);
  /** Series key of the map laid over the image; null: the first heatmap. */
  readonly overlay: Signal<string | null> = signal(null);
  readonly compare: Signal<CompareMode> = signal("side");
  /** What of A and B is compared. */
  readonly subject: Signal<Subject> = signal("activations");
  /** Where the embedding comes from: a series key, or `job:` and an id; null: the page chooses. */
  readonly embedding: Signal<string | null> = signal(null);
  /** Row of the data set that the embedding view's inspector is about. */
  readonly point: Signal<number | null> = signal(null);
  /** null: t-SNE where there is one. */
  readonly lay: Signal<Lay | null> = signal(null);
  readonly scatterDraw: Signal<ScatterDraw> = signal("images");
  readonly scatterColour: Signal<ScatterColour> = signal("label");
  /** Series of top patches, and its channel, whose activation colours the points. */
  readonly unitKey: Signal<string | null> = signal(null);
  readonly unit: Signal<number> = signal(0);
  /** Scalar drawn in the step strip; null: the page chooses one (a loss). */
  readonly tag: Signal<string | null> = signal(null);
  readonly axis: Signal<StripAxis> = signal("step");
  readonly scale: Signal<StripScale> = signal("sqrt");

  /** Id of the job whose result is shown. */
  readonly job: Signal<string | null> = signal(null);
  /** What the form of the jobs view holds, as JSON text: see state/draft. */
  readonly draft: Signal<string | null> = signal(null);
  /** Pictures beside the examples that the next job looks at. */
  readonly ownInputs: Signal<readonly OwnInput[]> = signal([]);

  /** Every job of the logdir, as heard last. */
  readonly jobs: Signal<JobList> = signal(NO_JOBS);
  /** Whether jobs can be asked for, and within which bounds; null until the server has said so. */
  readonly session: Signal<SessionAnswer | null> = signal(null);
  /** What workers can run; null until asked for (state/jobs, ensureCatalogue). */
  readonly catalogue: Signal<CatalogueAnswer | null> = signal(null);

  /** TensorBoard's theme, or the system's where that cannot be seen. */
  readonly hostTheme: Signal<Theme> = signal("light");
  /** null follows the host. */
  readonly themeChoice: Signal<Theme | null> = signal(null);
  readonly theme: ReadonlySignal<Theme> = computed(() => this.themeChoice.value ?? this.hostTheme.value);
  readonly runs: Signal<RunsState> = signal({ kind: "waiting" });
  /** False while the iframe is hidden: nothing polls or draws. */
  readonly awake: Signal<boolean> = signal(true);
  /** Set while polls fail: since when the page has had no news (ms since the epoch). */
  readonly silentSince: Signal<number | null> = signal(null);
  readonly playing: Signal<boolean> = signal(false);
  /** True while Space is held: the image view hides its overlays. */
  readonly bare: Signal<boolean> = signal(false);
  /** True while a handle is dragged: the link is written less often, expensive redraws wait. */
  readonly scrubbing: Signal<boolean> = signal(false);

  /** Which side column is open where the page is too narrow to show it always. */
  readonly drawer: Signal<"tree" | "inspector" | null> = signal(null);

  /** A and, where chosen, B. */
  readonly sides: ReadonlySignal<Side[]> = computed(() =>
    this.b.run.value === null ? [this.a] : [this.a, this.b],
  );
  /** Layers of run A that give a tensor and hold no others, in forward order. */
  readonly leaves: ReadonlySignal<Layer[]> = computed(() =>
    (this.a.index.value?.layers ?? []).filter((layer) => !layer.container && layer.shape.length > 0),
  );
}

/** Go to a layer, and to a channel and step of it where given: what a click in the overview does. */
export function openLayer(store: Store, layer: string, at: { channel?: number; step?: number } = {}): void {
  batch(() => {
    store.layer.value = layer;
    store.channel.value = at.channel ?? null;
    if (at.step !== undefined) store.a.step.value = at.step;
    store.view.value = "layer";
  });
}

/** Go to the page of one unit: a channel of a layer. */
export function openUnit(store: Store, layer: string, channel: number): void {
  batch(() => {
    store.layer.value = layer;
    store.channel.value = channel;
    store.view.value = "unit";
  });
}
