/** The axis over steps that the strip and the overview share: captures of A and B to pixels and back. */

import type { RunIndex } from "../api/types";
import type { StripAxis, StripScale } from "./store";

/** Maps steps (or seconds since a run's first capture) to 0…1. */
export interface Axis {
  readonly low: number;
  readonly high: number;
  /** 0…1 for a value of the axis; outside values lie outside. */
  place(value: number): number;
}

export function makeAxis(low: number, high: number, scale: StripScale): Axis {
  const span = high - low;
  const bend = scale === "sqrt" ? Math.sqrt : (x: number): number => x;
  return {
    low,
    high,
    place: (value) => {
      if (span <= 0) return 0.5;
      const share = (value - low) / span;
      return share < 0 ? share : bend(share);
    },
  };
}

/** Where each capture lies on the axis: its step, or the seconds since the run's first capture. */
export function positions(index: RunIndex, axis: StripAxis): number[] {
  const start = index.wall_times[0] ?? 0;
  return axis === "step" ? index.steps : index.wall_times.map((time) => time - start);
}

/** An axis over all captures of the runs; null without any. */
export function axisOver(indexes: readonly RunIndex[], axis: StripAxis, scale: StripScale): Axis | null {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const index of indexes)
    for (const value of positions(index, axis)) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
  return low <= high ? makeAxis(low, high, scale) : null;
}

/** Position of the capture whose place is nearest; -1 without captures. */
export function nearest(places: readonly number[], place: number): number {
  let best = -1;
  let distance = Number.POSITIVE_INFINITY;
  places.forEach((candidate, i) => {
    const away = Math.abs(candidate - place);
    if (away < distance) [best, distance] = [i, away];
  });
  return best;
}

export interface AxisLabel {
  x: number;
  text: string;
  anchor: "start" | "middle" | "end";
}

/** Labels at captures, the ends first and then as many between as do not touch. */
export function axisLabels(
  values: readonly number[],
  axis: Axis,
  width: number,
  say: (value: number) => string,
): AxisLabel[] {
  const labels: (AxisLabel & { from: number; to: number })[] = [];
  const add = (value: number): void => {
    const x = axis.place(value) * width;
    const text = say(value);
    const half = text.length * 3 + 6;
    const from = x - half;
    const to = x + half;
    if (labels.every((other) => to < other.from || from > other.to))
      labels.push({ x, text, anchor: "middle", from, to });
  };
  const [first] = values;
  const last = values.at(-1);
  if (last !== undefined) add(last);
  if (first !== undefined) add(first);
  const round = (value: number): number => Number(`${value}`.match(/0*$/)?.[0].length ?? 0);
  for (const value of [...values].sort((a, b) => round(b) - round(a))) add(value);
  return labels.map(({ x, text, anchor }) => ({ x, text, anchor })).sort((a, b) => a.x - b.x);
}

/** Seconds as 4.5 s, 45 s, 12 min, 3.5 h; tenths on an axis that is short. */
export function sayDuration(seconds: number, span = seconds): string {
  if (span < 20) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${(seconds / 3600).toFixed(1)} h`;
}

/** A lane of ticks: the kinds of data that were captured at the same steps share one. */
export interface Lane {
  title: string;
  methods: string[];
  /** Positions in the run's steps, ascending. */
  at: number[];
}

const SHORT: Record<string, string> = {
  layer_statistics: "health",
  activations: "maps",
};

/** One lane a kind of data, at most `limit`; the rest share the last one. */
export function lanes(index: RunIndex, limit = 4): Lane[] {
  const byMethod = new Map<string, Set<number>>();
  for (const series of index.series) {
    const at = byMethod.get(series.method) ?? new Set();
    for (const position of series.at) at.add(position);
    byMethod.set(series.method, at);
  }
  const bySteps = new Map<string, Lane>();
  for (const [method, set] of byMethod) {
    const at = [...set].sort((a, b) => a - b);
    const lane = bySteps.get(at.join()) ?? { title: "", methods: [], at };
    lane.methods.push(method);
    bySteps.set(at.join(), lane);
  }
  const all = [...bySteps.values()];
  const shown = all.slice(0, limit);
  for (const more of all.slice(limit)) {
    const last = shown[limit - 1] as Lane;
    last.methods.push(...more.methods);
    last.at = [...new Set([...last.at, ...more.at])].sort((a, b) => a - b);
  }
  const isOne = shown.length === 1 && byMethod.size > 1;
  for (const lane of shown)
    lane.title = isOne ? "captures" : lane.methods.map((name) => SHORT[name] ?? name).join(", ");
  return shown;
}
