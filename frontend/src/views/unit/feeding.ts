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
