/** The convolution that feeds a layer: whose filter makes what a channel shows. */

import type { Layer, RunIndex, Series } from "../../api/types";
import { mainShape, numberFact, seriesOf } from "../records/series";

export interface Feeding {
  /** The convolution. */
  layer: Layer;
  /** null: its filters are not recorded. */
  series: Series | null;
}

/**
 * The nearest convolution at or before a layer, in forward order; null where there is none.
 *
 * Channels must be its filters: where their numbers differ (something joined or mixed channels in between) there is none.
 */
export function feeding(index: RunIndex, name: string): Feeding | null {
  const at = index.layers.findIndex((one) => one.name === name);
  const wanted = index.layers[at]?.shape[0];
  for (let place = at; place >= 0; place--) {
    const layer = index.layers[place] as Layer;
    if (layer.container) continue;
    if (layer.kind.includes("linear")) return null;
    if (!layer.kind.includes("conv")) continue;
    if (layer.shape[0] !== wanted) return null;
    return { layer, series: seriesOf(index, "kernels", layer.name)[0] ?? null };
  }
  return null;
}

/** How many filters of a series were kept, and how many there are. */
export function filtersKept(series: Series): { kept: number; total: number } {
  const kept = mainShape(series)[0] ?? 0;
  return { kept, total: numberFact(series, "filters_total") ?? kept };
}

/**
 * A layer close by whose channels are those of `name` and whose top patches are recorded; null where there is none.
 *
 * What follows a convolution (its normalisation, its rectifier, a pooling) goes channel by channel, up to the next one that mixes them.
 */
export function relative(index: RunIndex, name: string): string | null {
  const parts = index.layers.filter((one) => !one.container && one.shape.length > 0);
  const at = parts.findIndex((one) => one.name === name);
  const own = parts[at];
  if (!own) return null;
  const fits = (one: Layer) => one.shape[0] === own.shape[0] && one.shape.length === own.shape.length;
  const has = (one: Layer) => seriesOf(index, "patches", one.name).length > 0;
  for (const one of parts.slice(at + 1)) {
    if (mixes(one) || !fits(one)) break;
    if (has(one)) return one.name;
  }
  for (let place = at; place > 0 && !mixes(parts[place] as Layer); place--) {
    const before = parts[place - 1] as Layer;
    if (!fits(before)) break;
    if (has(before)) return before.name;
  }
  return null;
}

function mixes({ kind }: Layer): boolean {
  return kind.includes("conv") || kind.includes("linear");
}
