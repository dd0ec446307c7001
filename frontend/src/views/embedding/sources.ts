/** Where an embedding can come from: what was recorded, and what jobs have made. */

import type { Held, Layout } from "../../api/layouts";
import type { JobView, ResultAnswer, RunIndex, Series } from "../../api/types";
import type { Places } from "../../draw/scatter_camera";
import { type Capture, resolve } from "../../state/steps";
import type { Lay } from "../../state/store";

export type Source = { key: string; title: string } & (
  | { kind: "series"; series: Series }
  | { kind: "job"; job: JobView }
);

const METHOD = "embedding";

/** Everything that lays images out in this run: recorded series, then finished jobs, the newest first. */
export function sourcesOf(index: RunIndex, jobs: Iterable<JobView>): Source[] {
  const recorded = index.series
    .filter((series) => series.kind === "embedding")
    .map((series): Source => ({ kind: "series", key: series.key, title: seriesName(series), series }));
  const made = [...jobs]
    .filter(({ run, request, status }) => run === index.name && request.method === METHOD && status.result)
    .sort((a, b) => b.request.created - a.request.created)
    .map((job): Source => ({ kind: "job", key: `job:${job.request.id}`, title: jobName(job), job }));
  return [...recorded, ...made];
}

/** The source asked for, else the first recorded with a t-SNE map, else the first. */
export function chosenSource(sources: readonly Source[], asked: string | null): Source | null {
  const hasMap = (source: Source) => source.kind === "series" && source.series.arrays.map !== undefined;
  return sources.find((source) => source.key === asked) ?? sources.find(hasMap) ?? sources[0] ?? null;
}

function seriesName(series: Series): string {
  const variant = /@(\d+)$/.exec(series.key)?.[1];
  const map = series.arrays.map === undefined ? "" : " · t-SNE";
  return `${series.layer ?? series.key}${map}${variant && !map ? ` (${Number(variant) + 1})` : ""}`;
}

function jobName({ request }: JobView): string {
  const map = request.params.map === "tsne" ? "t-SNE" : "PCA";
  return `job: ${map} of ${request.step === null ? "the stored weights" : `step ${request.step}`}`;
}

/** The capture of a recorded source at the step looked at; null for a job, or before the first. */
export function captureOf(index: RunIndex, source: Source, step: number | null): Capture | null {
  return source.kind === "series" ? resolve(index, source.series, step) : null;
}

/** The address of the record to be drawn; null while it is not known, or there is none yet. */
export function heldOf(
  index: RunIndex,
  source: Source,
  step: number | null,
  result: ResultAnswer | undefined,
): Held | null {
  if (source.kind === "series") {
    const capture = captureOf(index, source, step);
    if (!capture) return null;
    return { run: index.name, step: capture.step, key: source.series.key, digest: capture.digest };
  }
  const record = result?.records.find((one) => one.kind === "embedding");
  if (!record || !result) return null;
  return { job: source.job.request.id, key: record.key, digest: result.digest };
}

const LAYS: readonly { value: Lay; text: string; title: string }[] = [
  { value: "map", text: "t-SNE", title: "neighbours lie together; distances between groups mean little" },
  { value: "pca", text: "PCA", title: "the first two principal components of the features" },
  { value: "grid", text: "Grid", title: "a cell for each image, near its place on the map" },
];

/** The maps that a record has. */
export function laysOf(layout: Layout) {
  const has = { map: layout.map !== null, pca: layout.components > 0, grid: layout.grid !== null };
  return LAYS.filter((lay) => has[lay.value]);
}

/** Columns of places of one of the maps; y upwards. */
export function placesOf(layout: Layout, lay: Lay): Places {
  const { count } = layout;
  const x = new Float32Array(count).fill(Number.NaN);
  const y = new Float32Array(count).fill(Number.NaN);
  for (let row = 0; row < count; row++) {
    if (lay === "map" && layout.map) {
      x[row] = layout.map[2 * row] as number;
      y[row] = layout.map[2 * row + 1] as number;
    } else if (lay === "grid" && layout.grid) {
      x[row] = (layout.grid[2 * row + 1] as number) + 0.5;
      y[row] = -(layout.grid[2 * row] as number) - 0.5;
    } else if (lay === "pca") {
      x[row] = layout.principal[layout.components * row] as number;
      y[row] = layout.components > 1 ? (layout.principal[layout.components * row + 1] as number) : 0;
    }
  }
  return { x, y };
}
