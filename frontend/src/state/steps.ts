/** Which capture is shown for a wanted step: the latest at or before it, exactly named. */

import type { RunIndex, Series } from "../api/types";

/** Position of the last element ≤ step in ascending `steps`; -1 when all are later. */
export function latestAtOrBefore(steps: readonly number[], step: number): number {
  let low = 0;
  let high = steps.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((steps[middle] as number) <= step) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}

/** One capture of a series, and whether it is the step that was asked for. */
export interface Capture {
  /** Position in the run's steps. */
  position: number;
  step: number;
  digest: string;
  source: "bulk" | "preview";
  wallTime: number;
  /** False: this is an earlier step than the one looked at; say so beside the picture. */
  exact: boolean;
}

/** The capture of `series` to show at `step`; null when it begins later or was never recorded. */
export function resolve(index: RunIndex, series: Series, step: number | null): Capture | null {
  if (step === null) return null;
  const target = latestAtOrBefore(index.steps, step);
  const place = latestAtOrBefore(series.at, target);
  const position = series.at[place];
  return position === undefined ? null : captureAt(index, position, step);
}

/** The captures of a series, in order: what a film strip shows and the ticks of a lane mark. */
export function captures(index: RunIndex, series: Series, step: number | null): Capture[] {
  return series.at.map((position) => captureAt(index, position, step));
}

function captureAt(index: RunIndex, position: number, wanted: number | null): Capture {
  const step = index.steps[position] as number;
  return {
    position,
    step,
    digest: index.digests[position] ?? "",
    source: index.sources[position] ?? "bulk",
    wallTime: index.wall_times[position] ?? Number.NaN,
    exact: step === wanted,
  };
}

/** The captures of `series` around the one at `position`, nearest first: what is worth fetching ahead. */
export function neighbours(index: RunIndex, series: Series, position: number, reach = 2): Capture[] {
  const place = series.at.indexOf(position);
  const around: Capture[] = [];
  for (let distance = 1; distance <= reach; distance++)
    for (const at of [series.at[place + distance], series.at[place - distance]])
      if (place >= 0 && at !== undefined) around.push(captureAt(index, at, null));
  return around;
}

/** The series of a method on a layer (the first set of params), if recorded. */
export function findSeries(index: RunIndex, method: string, layer: string | null): Series | undefined {
  return index.series.find((series) => series.method === method && series.layer === layer);
}
