/** Keys of the unit page. */

import { openLayer, type Store } from "../../state/store";
import { nextColours, nextGamma } from "../layer/keys";
import type { KeyBinding } from "../view";

export const keys: readonly KeyBinding[] = [
  { key: "ArrowRight", says: "next unit", run: ({ store }) => moveUnit(store, 1) },
  { key: "ArrowLeft", says: "unit before", run: ({ store }) => moveUnit(store, -1) },
  { key: "Shift+ArrowRight", says: "eight units on", run: ({ store }) => moveUnit(store, 8) },
  { key: "Shift+ArrowLeft", says: "eight units back", run: ({ store }) => moveUnit(store, -8) },
  { key: "s", says: "see what it looks for", run: () => seeUnit() },
  { key: "c", says: "next colour map", run: ({ store }) => nextColours(store) },
  { key: "t", says: "next gamma", run: ({ store }) => nextGamma(store) },
  { key: "Escape", says: "back to its layer", run: ({ store }) => backToLayer(store) },
];

/** The unit `by` channels further, the first or last at the ends. */
export function moveUnit(store: Store, by: number): void {
  const { layers } = store.a.index.value ?? { layers: [] };
  const channels = layers.find((one) => one.name === store.layer.value)?.shape[0] ?? 0;
  if (channels === 0) return;
  store.channel.value = Math.min(channels - 1, Math.max(0, (store.channel.value ?? 0) + by));
}

export function backToLayer(store: Store): void {
  const layer = store.layer.value;
  if (layer === null) store.view.value = "layer";
  else openLayer(store, layer, { channel: store.channel.value ?? 0 });
}

function seeUnit(): void {
  document.querySelector<HTMLButtonElement>(".unit-go")?.click();
}
