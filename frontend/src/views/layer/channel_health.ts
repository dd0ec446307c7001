/** What the channels of a layer do over the steps: order, death, and how long since. */

import type { Channels } from "../../api/types";
import { latestAtOrBefore } from "../../state/steps";
import type { SortOrder } from "../../state/store";

/** From this share of zeros on, over all examples and positions, a channel is nearly dead. */
export const NEARLY_DEAD = 0.99;

export type Health = "alive" | "nearly dead" | "dead" | "not finite";

/** Row of the table to use at `step`; -1 when it begins later. */
export function rowAt(channels: Channels, step: number | null): number {
  return step === null ? channels.steps.length - 1 : latestAtOrBefore(channels.steps, step);
}

type Column = "max" | "mean" | "zeros";

/** One channel's numbers over the steps. */
export function overSteps(channels: Channels, column: Column, channel: number): Float32Array {
  return Float32Array.from(channels.steps, (_, row) => at(channels, column, row, channel));
}

function at(channels: Channels, column: Column, row: number, channel: number): number {
  return channels[column][row * channels.channels + channel] ?? Number.NaN;
}

/** Dead: zero at every position of every example. */
export function healthOf(channels: Channels, row: number, channel: number): Health {
  if (row < 0 || channel >= channels.channels) return "alive";
  const zeros = at(channels, "zeros", row, channel);
  const mean = at(channels, "mean", row, channel);
  if (!Number.isFinite(zeros) || !Number.isFinite(mean)) return "not finite";
  if (zeros >= 1) return "dead";
  return zeros >= NEARLY_DEAD ? "nearly dead" : "alive";
}

/** The step since which a dead channel gave nothing at any capture up to `row`; null when it is not dead. */
export function deadSince(channels: Channels, row: number, channel: number): number | null {
  if (healthOf(channels, row, channel) !== "dead") return null;
  let first = row;
  while (first > 0 && healthOf(channels, first - 1, channel) === "dead") first--;
  return channels.steps[first] ?? null;
}

/** Channels in the order of a sort, taken from the table at one pinned step so that pictures stay where they are. */
export function orderOf(
  count: number,
  sort: SortOrder,
  channels: Channels | undefined,
  step: number | null,
): number[] {
  const order = Array.from({ length: count }, (_, channel) => channel);
  const row = channels ? rowAt(channels, step) : -1;
  if (sort === "index" || !channels || row < 0) return order;
  const keys = order.map((channel) => sortKey(channels, row, channel, sort));
  // Largest first; what has no number comes last.
  const rank = (channel: number) => {
    const key = keys[channel] as number;
    return Number.isNaN(key) ? Number.NEGATIVE_INFINITY : key;
  };
  return order.sort((a, b) => rank(b) - rank(a) || a - b);
}

function sortKey(
  channels: Channels,
  row: number,
  channel: number,
  sort: Exclude<SortOrder, "index">,
): number {
  if (sort !== "change") return at(channels, sort, row, channel);
  if (row === 0) return Number.NaN;
  return Math.abs(at(channels, "mean", row, channel) - at(channels, "mean", row - 1, channel));
}

/** How many channels are dead, nearly dead, or hold a number that is none, at one row. */
export function countHealth(channels: Channels, row: number): Record<Health, number> {
  const counts: Record<Health, number> = { alive: 0, "nearly dead": 0, dead: 0, "not finite": 0 };
  for (let channel = 0; channel < channels.channels; channel++) counts[healthOf(channels, row, channel)]++;
  return counts;
}
