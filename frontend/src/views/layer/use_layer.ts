/** What the layer view looks at: the layer, the tab, the channels' numbers, their order and the selected one. */

import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Channels, Layer, RunIndex } from "../../api/types";
import { useAnswer } from "../../api/use_answer";
import type { Spot } from "../../ui/map_canvas";
import type { GridPoint } from "../../ui/picture_grid";
import { chosenTab, firstLayer, type LayerTab, layerTabs, mainShape } from "../records/series";
import type { ViewProps } from "../view";
import { orderOf } from "./channel_health";

/** Pixel of the grid under the pointer. */
export const pointed = signal<GridPoint | null>(null);

/** Place looked at in the selected channel, in the inspector and enlarged alike. */
export const spot = signal<Spot | null>(null);

export interface LayerLook {
  index: RunIndex;
  name: string;
  /** null: the run has no layer of that name. */
  layer: Layer | null;
  tabs: LayerTab[];
  tab: LayerTab | undefined;
  /** Numbers of all channels over the steps; undefined without layer statistics. */
  channels: Channels | undefined;
  /** Channels (or filters) as they stand in the grid. */
  order: number[];
  selected: number | null;
}

/** null until the run is known, or when it has no layers at all. */
export function useLayer({ store, client }: ViewProps): LayerLook | null {
  const index = store.a.index.value;
  const name = index && (store.layer.value ?? firstLayer(index));
  const layer = index?.layers.find((one) => one.name === name) ?? null;
  const hasTable = layer !== null && index?.series.some((one) => one.kind === "layer_table");
  const ask = index && name && hasTable ? client.channels(index.name, name, index.rev) : null;
  const channels = useAnswer(ask, `${index?.name}|${name}`).value;
  const tabs = useMemo(() => (index && name ? layerTabs(index, name) : []), [index, name]);
  const tab = chosenTab(tabs, store.method.value);
  const count = countOf(tab, layer);
  const sort = tab?.kind === "kernels" ? "index" : store.sort.value;
  const sortStep = store.sortStep.value;
  const order = useMemo(() => orderOf(count, sort, channels, sortStep), [count, sort, channels, sortStep]);
  if (!index || !name) return null;
  const asked = store.channel.value;
  const selected = asked !== null && asked < count ? asked : (order[0] ?? null);
  return { index, name, layer, tabs, tab, channels, order, selected };
}

/** How many pictures the tab has: filters and channels first in their shape, channels of feature maps second. */
function countOf(tab: LayerTab | undefined, layer: Layer | null): number {
  if (!tab?.series) return layer?.shape[0] ?? 0;
  const shape = mainShape(tab.series);
  return (tab.kind === "feature_maps" ? shape[1] : shape[0]) ?? 0;
}

/** The channel `by` places further in the grid's order; the first or last at its ends. */
export function channelBeside(look: Pick<LayerLook, "order" | "selected">, by: number): number | null {
  const at = look.selected === null ? 0 : look.order.indexOf(look.selected);
  return look.order[Math.min(look.order.length - 1, Math.max(0, at + by))] ?? null;
}
