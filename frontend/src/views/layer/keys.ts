/** Keys of the layer view; arrows on the grid itself move by rows as well. */

import { SEQUENTIAL } from "../../draw/colour_map";
import type { Store } from "../../state/store";
import type { KeyBinding } from "../view";

const GAMMAS = [0.3, 0.5, 0.7, 1, 1.5, 2];

export const keys: readonly KeyBinding[] = [
  { key: "ArrowRight", says: "next channel", run: () => pressGrid("ArrowRight") },
  { key: "ArrowLeft", says: "channel before", run: () => pressGrid("ArrowLeft") },
  { key: "ArrowDown", says: "channel below", run: () => pressGrid("ArrowDown") },
  { key: "ArrowUp", says: "channel above", run: () => pressGrid("ArrowUp") },
  { key: "Enter", says: "open the channel's own page", run: () => pressUnit() },
  { key: "z", says: "enlarge the channel", run: ({ store }) => toggleZoom(store) },
  { key: "s", says: "see what the channel looks for", run: ({ store }) => seeUnit(store) },
  { key: "Escape", says: "back one level", run: ({ store }) => goBack(store) },
  { key: "c", says: "next colour map", run: ({ store }) => nextColours(store) },
  { key: "t", says: "next gamma", run: ({ store }) => nextGamma(store) },
  { key: "T", says: "range per channel or shared", run: ({ store }) => toggleRange(store) },
];

/** The grid knows its rows: the key is given to it. */
function pressGrid(key: string): void {
  const grid = document.querySelector<HTMLElement>(".grid-canvas");
  grid?.focus();
  grid?.dispatchEvent(new KeyboardEvent("keydown", { key }));
}

/** As a press on the inspector's button: it knows which channel is selected. */
function pressUnit(): void {
  document.querySelector<HTMLButtonElement>(".open-unit")?.click();
}

function toggleZoom(store: Store): void {
  store.zoom.value = !store.zoom.value;
}

/** As a press on its button, where there is one, with the place in view. */
function seeUnit(store: Store): void {
  store.drawer.value = "inspector";
  document.querySelector<HTMLButtonElement>(".unit-go")?.click();
  // A column that was closed has its place one frame later.
  requestAnimationFrame(() =>
    requestAnimationFrame(() => document.querySelector(".unit")?.scrollIntoView({ block: "start" })),
  );
}

function goBack(store: Store): void {
  if (store.zoom.value) store.zoom.value = false;
  else if (store.channel.value !== null) store.channel.value = null;
  else store.view.value = "overview";
}

export function nextColours(store: Store): void {
  const at = SEQUENTIAL.indexOf(store.cmap.value);
  store.cmap.value = SEQUENTIAL[(at + 1) % SEQUENTIAL.length] ?? "viridis";
  store.signedCmap.value = store.signedCmap.value === "bwr" ? "puor" : "bwr";
}

export function nextGamma(store: Store): void {
  const at = GAMMAS.indexOf(store.gamma.value);
  store.gamma.value = GAMMAS[(at + 1) % GAMMAS.length] ?? 1;
}

function toggleRange(store: Store): void {
  store.range.value = store.range.value === "channel" ? "shared" : "channel";
}
