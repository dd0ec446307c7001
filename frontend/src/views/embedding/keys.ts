/** Keys of the embedding view: all that the pointer does on the map. */

import type { KeyBinding, ViewProps } from "../view";
import { choose, chooseRows, chosen, isolated, tool, unitsWanted } from "./choice";
import { toggleImage } from "./hand";
import { near } from "./near";
import { handle } from "./plot_state";
import { bar } from "./selection_bar";

const ZOOM = 1.5;
const PAN_PX = 80;

export const keys: readonly KeyBinding[] = [
  { key: "ArrowRight", says: "image to the right on the map", run: () => handle.current?.step(1, 0) },
  { key: "ArrowLeft", says: "image to the left", run: () => handle.current?.step(-1, 0) },
  { key: "ArrowUp", says: "image above", run: () => handle.current?.step(0, 1) },
  { key: "ArrowDown", says: "image below", run: () => handle.current?.step(0, -1) },
  { key: "Shift+ArrowRight", says: "move the map", run: () => handle.current?.pan(-PAN_PX, 0) },
  { key: "Shift+ArrowLeft", says: "move the map", run: () => handle.current?.pan(PAN_PX, 0) },
  { key: "Shift+ArrowUp", says: "move the map", run: () => handle.current?.pan(0, PAN_PX) },
  { key: "Shift+ArrowDown", says: "move the map", run: () => handle.current?.pan(0, -PAN_PX) },
  { key: "+", says: "nearer", run: () => handle.current?.zoom(ZOOM) },
  { key: "-", says: "further away", run: () => handle.current?.zoom(1 / ZOOM) },
  { key: "0", says: "all points", run: () => handle.current?.fit() },
  { key: "q", says: "lasso, or move the map", run: toggleTool },
  { key: "s", says: "select the image, or take it back", run: toggle },
  { key: "n", says: "select it and its nearest too", run: addNear },
  { key: "a", says: "select all in sight", run: () => handle.current?.chooseInSight("anew") },
  { key: "A", says: "select all in sight too", run: () => handle.current?.chooseInSight("add") },
  { key: "r", says: "take all in sight away", run: () => handle.current?.chooseInSight("take") },
  { key: "e", says: "save what is selected as CSV", run: () => bar.current?.save() },
  { key: "u", says: "units that fire for what is selected", run: () => bar.current?.units() },
  { key: "Escape", says: "clear what is selected, then back", run: leave },
];

function toggleTool(): void {
  tool.value = tool.value === "lasso" ? "pan" : "lasso";
}

function toggle({ store }: ViewProps): void {
  if (store.point.value !== null && handle.current) toggleImage(store.point.value, handle.current.count);
}

function addNear({ store }: ViewProps): void {
  if (store.point.value === null || !handle.current) return;
  chooseRows([store.point.value, ...near.value], handle.current.count, "add");
}

/** Units, lasso, isolated classes, image, view: each Escape leaves one. */
function leave({ store }: ViewProps): void {
  if (unitsWanted.value) unitsWanted.value = false;
  else if (chosen.value) choose(null);
  else if (isolated.value.size > 0) isolated.value = new Set();
  else if (store.point.value !== null) store.point.value = null;
  else store.view.value = "overview";
}
