/** What the view shows: the record at this step, the images it lays out, and the map chosen. */

import { useMemo } from "preact/hooks";
import type { Client } from "../../api/client";
import type { Held, Layout } from "../../api/layouts";
import type { RunIndex } from "../../api/types";
import { type Answer, useAnswer } from "../../api/use_answer";
import { exampleName } from "../../state/predictions";
import { type Capture, resolve } from "../../state/steps";
import type { Lay, Side, Store } from "../../state/store";
import { className } from "../records/examples";
import { exampleOf } from "../results/record";
import { useResult } from "../results/use_result";
import { type Grouping, groupingOf } from "./colours";
import type { Facts } from "./selection";
import { captureOf, chosenSource, heldOf, laysOf, type Source, sourcesOf } from "./sources";

/** The images that rows stand for. */
export interface Subjects extends Facts {
  /** Name of the data set; null where the rows are examples of the run. */
  dataset: string | null;
  count: number;
  /** What the set is, in words. */
  reference: string;
  /** Whether label and prediction are known of any image. */
  isJudged: boolean;
  /** One colour: images are drawn as ink in the colour of their point. */
  isGrey: boolean;
  /** Example of the run that a row is; null in a data set. */
  exampleRow: (row: number) => number | null;
  problems: readonly string[];
}

export interface Scene {
  index: RunIndex;
  sources: readonly Source[];
  source: Source;
  /** The capture shown; null for a job. */
  capture: Capture | null;
  held: Held;
  layout: Layout;
  /** What the record says of itself. */
  facts: Readonly<Record<string, unknown>>;
  subjects: Subjects;
  lays: ReturnType<typeof laysOf>;
  lay: Lay;
  grouping: Grouping;
  /** What is drawn is not yet the step asked for. */
  pending: boolean;
  /** Names source and images: what is chosen holds as long as this does. */
  identity: string;
}

export interface SceneAnswer {
  index: RunIndex;
  sources: readonly Source[];
  source: Source | null;
  /** The source has nothing at or before this step. */
  isLater: boolean;
  layout: Answer<Layout>;
  error: Error | undefined;
  retry: () => void;
  late: boolean;
  scene: Scene | null;
}

/** @param side whose run and step; the source and the colouring are chosen for both together. */
export function useScene(store: Store, client: Client, side: Side = store.a): SceneAnswer | null {
  const index = side.index.value;
  const step = side.shown.value;
  const jobs = store.jobs.value.byId;
  const sources = useMemo(() => (index ? sourcesOf(index, jobs.values()) : []), [index, jobs]);
  const source = chosenSource(sources, store.embedding.value);
  const result = useResult(client, source?.kind === "job" ? source.job : null);
  const held = index && source ? heldOf(index, source, step, result.value) : null;
  const identity = `${index?.name}|${source?.key}`;
  const layout = useAnswer(held ? client.layouts.layout(held) : null, identity);
  const facts = layout.value?.facts.facts;
  const subjects = useSubjects(client, index, layout.value);
  const known = useGrouping(store, client, side, layout.value, subjects);
  if (!index) return null;
  const capture = source ? captureOf(index, source, step) : null;
  const answer = {
    ...{ index, sources, source, layout, late: layout.late },
    isLater: source?.kind === "series" && capture === null,
    error: result.error ?? layout.error ?? subjects?.error,
    retry: () => {
      result.retry();
      layout.retry();
      subjects?.retry();
    },
  };
  if (!source || !held || !layout.value || !subjects?.value || !facts || !known)
    return { ...answer, scene: null };
  const lays = laysOf(layout.value);
  const lay = lays.find((one) => one.value === store.lay.value)?.value ?? lays[0]?.value ?? "pca";
  const scene: Scene = {
    ...{ index, sources, source, capture, held, facts, lays, lay },
    layout: layout.value,
    subjects: subjects.value,
    grouping: known,
    pending: layout.pending,
    identity: `${identity}|${subjects.value.dataset}|${layout.value.count}`,
  };
  return { ...answer, scene };
}

/** Whether rows mean the same images in both. */
export function sameImages(one: Scene, other: Scene): boolean {
  if (one.layout.count !== other.layout.count || one.subjects.dataset !== other.subjects.dataset)
    return false;
  return one.subjects.dataset !== null || one.index.examples?.digest === other.index.examples?.digest;
}

interface Loaded {
  value: Subjects | null;
  error: Error | undefined;
  retry: () => void;
}

function useSubjects(client: Client, index: RunIndex | null, layout: Layout | undefined): Loaded | null {
  const facts = layout?.facts.facts;
  const name = typeof facts?.dataset === "string" ? facts.dataset : null;
  const ask = index && name !== null ? client.layouts.dataset(index.name, name) : null;
  const answer = useAnswer(ask, `${index?.name}|${name}`);
  const dataset = answer.value;
  const count = layout?.count ?? 0;
  const predicted = layout?.predicted ?? null;
  const value = useMemo((): Subjects | null => {
    if (!index || !facts) return null;
    if (name === null) return examplesAsSubjects(index, facts, count, predicted);
    if (!dataset) return null;
    const names = dataset.facts.class_names;
    const labels = fittedTo(dataset.labels, count);
    return {
      ...{ dataset: name, count, predicted, labels, isJudged: isJudged(labels, predicted) },
      className: (target) => names?.[target] ?? `class ${target}`,
      imageName: (row) => dataset.names?.[row] ?? "",
      reference: dataset.facts.reference,
      isGrey: dataset.facts.shape[0] === 1,
      exampleRow: () => null,
      problems: dataset.facts.problems,
    };
  }, [index?.rev, name, dataset, facts, count, predicted]);
  return { value, error: answer.error, retry: answer.retry };
}

function examplesAsSubjects(
  index: RunIndex,
  facts: Record<string, unknown>,
  count: number,
  predicted: Int32Array | null,
): Subjects {
  const { examples } = index;
  const origins = Array.isArray(facts.examples) ? facts.examples : null;
  const exampleRow = (row: number) => (origins ? exampleOf({ facts } as never, row) : row);
  const labels = Int32Array.from({ length: count }, (_, row) => {
    const at = exampleRow(row);
    return (at === null ? null : examples?.labels?.[at]) ?? -1;
  });
  return {
    ...{ dataset: null, count, predicted, labels, exampleRow, problems: [] },
    className: (target) => className(index, target),
    imageName: (row) => exampleName(examples, exampleRow(row) ?? -1) ?? "",
    reference: "the run's examples",
    isGrey: examples?.shape[0] === 1,
    isJudged: isJudged(labels, predicted),
  };
}

function isJudged(labels: Int32Array, predicted: Int32Array | null): boolean {
  return predicted !== null && labels.some((label, row) => label >= 0 && (predicted[row] ?? -1) >= 0);
}

/** As many labels as there are points: a damaged or older data set may have others. */
function fittedTo(labels: Int32Array, count: number): Int32Array {
  if (labels.length === count) return labels;
  const fitted = new Int32Array(count).fill(-1);
  fitted.set(labels.subarray(0, count));
  return fitted;
}

/** Series of top patches over the same images, whose channels' answers are there for every image. */
export function reactingSeries(index: RunIndex, dataset: string | null) {
  return index.series.filter(
    (series) =>
      series.kind === "patches" &&
      series.arrays.maxima !== undefined &&
      (series.facts.dataset ?? null) === dataset,
  );
}

/** The unit that colours the points: its series, and the capture at this step. */
export function unitOf(store: Store, index: RunIndex, dataset: string | null, side: Side = store.a) {
  const series = reactingSeries(index, dataset);
  const one = series.find((other) => other.key === store.unitKey.value) ?? series[0];
  const capture = one ? resolve(index, one, side.shown.value) : null;
  const channels = one?.arrays.maxima?.shape[0] ?? 0;
  const channel = Math.min(store.unit.value, Math.max(0, channels - 1));
  return one && capture ? { series: one, capture, channel, channels } : null;
}

function useGrouping(
  store: Store,
  client: Client,
  side: Side,
  layout: Layout | undefined,
  subjects: Loaded | null,
): Grouping | null {
  const index = side.index.value;
  const by = store.scatterColour.value;
  const about = subjects?.value ?? null;
  const unit = index && about && by === "unit" ? unitOf(store, index, about.dataset, side) : null;
  const held = index &&
    unit && {
      ...{ run: index.name, key: unit.series.key },
      ...{ step: unit.capture.step, digest: unit.capture.digest },
    };
  const ask = held && unit ? client.layouts.reaction(held, unit.channel) : null;
  const reaction = useAnswer(ask, `${index?.name}|${unit?.series.key}|${unit?.channel}`).value ?? null;
  const predicted = layout?.predicted ?? null;
  const loss = layout?.loss ?? null;
  return useMemo(
    () =>
      about &&
      groupingOf(by, { labels: about.labels, predicted, loss, reaction, className: about.className }),
    [by, about, predicted, loss, reaction],
  );
}
