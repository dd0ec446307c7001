/** What is said of each channel, under its map and to screen readers. */

import type { Channels, Maps } from "../../api/types";
import type { CellText } from "../../draw/grid_painter";
import { countText, shareText, valueText } from "../../draw/number_text";
import { type Health, healthOf, rowAt } from "./channel_health";

/** Health over all examples, from the table's row for the step of the maps. */
export function healthAt(channels: Channels | undefined, maps: Maps, channel: number): Health {
  return channels ? healthOf(channels, rowAt(channels, maps.facts.step), channel) : "alive";
}

/** Number and maximum, and a mark on dead, nearly dead and broken channels. */
export function cellText(channels: Channels | undefined, maps: Maps, channel: number): CellText {
  const left = String(channel);
  const broken = maps.nonfinite?.[channel] ?? 0;
  if (broken > 0) return { left, right: "NaN", tone: "bad" };
  const health = healthAt(channels, maps, channel);
  if (health === "dead") return { left, right: "dead", tone: "bad" };
  const right = valueText(maps.high[channel] ?? Number.NaN);
  return { left, right, tone: health === "alive" ? "plain" : "warn" };
}

/** "max 9.37, mean 0.71, zeros 79 %": one channel of one example. */
export function numbersOf(maps: Maps, channel: number): { max: string; mean: string; zeros: string } {
  const number = (values: ArrayLike<number> | null) => values?.[channel] ?? Number.NaN;
  return {
    max: valueText(number(maps.high)),
    mean: valueText(number(maps.mean)),
    zeros: shareText(number(maps.zeros)),
  };
}

export function channelSays(channels: Channels | undefined, maps: Maps, channel: number): string {
  const { max, mean } = numbersOf(maps, channel);
  const health = healthAt(channels, maps, channel);
  const broken = maps.nonfinite?.[channel] ?? 0;
  const counted = broken > 0 ? `, ${countText(broken)} values NaN or infinite` : "";
  const state = health === "alive" ? counted : `${counted}, ${health}`;
  return `channel ${channel} of ${maps.low.length}, max ${max}, mean ${mean}${state}`;
}
