/** How layers and channels fare: shares of zeros, dead channels and since when, NaN and Inf. */

import type { Channels, Layer, Statistics } from "../api/types";
import { latestAtOrBefore } from "./steps";

/** One layer's state at one step; null where it was not recorded. */
export interface LayerHealth {
  layer: string;
  /** Share of activations that are zero, 0…1. */
  zeros: number | null;
  /** Channels that are zero on every example. */
  dead: number | null;
  /** NaN and Inf in activations and weights. */
  nonfinite: number;
}

/** Reads one cell of a whole-run table; null when absent or not a number. */
export function cell(table: Statistics, column: string, step: number, layer: number): number | null {
  const value = table.columns[column]?.[step * table.layers.length + layer];
  return value === undefined || Number.isNaN(value) ? null : value;
}

const NONFINITE = ["nan", "inf", "weight_nan"];

/** NaN and Inf in a layer's activations and weights at one capture. */
export function countBroken(table: Statistics, step: number, layer: number): number {
  return NONFINITE.reduce((sum, name) => sum + (cell(table, name, step, layer) ?? 0), 0);
}

/** All layers at the latest capture at or before a step, by name; empty before the first. */
export function healthAt(table: Statistics, step: number): Map<string, LayerHealth> {
  const at = latestAtOrBefore(table.steps, step);
  const health = new Map<string, LayerHealth>();
  if (at < 0) return health;
  table.layers.forEach((layer, i) => {
    health.set(layer, {
      layer,
      zeros: cell(table, "zeros", at, i),
      dead: cell(table, "dead", at, i),
      nonfinite: countBroken(table, at, i),
    });
  });
  return health;
}

export interface HealthSum {
  step: number;
  dead: number;
  channels: number;
  nonfinite: number;
  /** Layers with dead channels, most first. */
  worst: LayerHealth[];
  broken: LayerHealth[];
}

/** The whole net at a step; channels are those of layers in which a dead channel can be told (rectifiers). */
export function sumHealth(table: Statistics, step: number, layers: readonly Layer[]): HealthSum | null {
  const at = latestAtOrBefore(table.steps, step);
  if (at < 0) return null;
  const all = [...healthAt(table, step).values()];
  const counted = new Set(all.filter((health) => health.dead !== null).map((health) => health.layer));
  const worst = all.filter((health) => (health.dead ?? 0) > 0);
  return {
    step: table.steps[at] as number,
    dead: worst.reduce((sum, health) => sum + (health.dead ?? 0), 0),
    channels: layers.reduce((sum, layer) => sum + (counted.has(layer.name) ? (layer.shape[0] ?? 0) : 0), 0),
    nonfinite: all.reduce((sum, health) => sum + health.nonfinite, 0),
    worst: worst.sort((a, b) => (b.dead ?? 0) - (a.dead ?? 0)),
    broken: all.filter((health) => health.nonfinite > 0),
  };
}

/** A channel that is zero on every example at the step looked at. */
export interface DeadChannel {
  layer: string;
  channel: number;
  /** First capture of the unbroken stretch of zeros that reaches the step looked at. */
  since: number;
  /** Last capture at which it still fired; null when it never did. */
  alive: number | null;
}

/** The dead channels of a layer at the latest capture at or before `step`, the latest deaths first. */
export function deadChannels(table: Channels, step: number): DeadChannel[] {
  const at = latestAtOrBefore(table.steps, step);
  const dead: DeadChannel[] = [];
  for (let channel = 0; channel < table.channels; channel++) {
    let since = at;
    while (since >= 0 && isSilent(table, since, channel)) since--;
    if (since === at) continue;
    dead.push({
      layer: table.layer,
      channel,
      since: table.steps[since + 1] as number,
      alive: table.steps[since] ?? null,
    });
  }
  return dead.sort((a, b) => b.since - a.since || a.channel - b.channel);
}

/** All values zero at that capture; NaN is not silence. */
function isSilent(table: Channels, step: number, channel: number): boolean {
  return table.zeros[step * table.channels + channel] === 1;
}
