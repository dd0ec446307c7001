/** Moving through steps and layers: what buttons and keys do. */

import { latestAtOrBefore } from "./steps";
import type { Side, Store } from "./store";

/** Look at the capture `by` places further (or back); past the last one nothing moves. */
export function moveStep(side: Side, by: number): void {
  const steps = side.index.value?.steps ?? [];
  const shown = side.shown.value;
  if (shown === null) return;
  const at = Math.min(Math.max(latestAtOrBefore(steps, shown) + by, 0), steps.length - 1);
  lookAt(side, at);
}

/** Look at the capture at `position`; looking at the last one does not yet follow later ones. */
export function lookAt(side: Side, position: number): void {
  const step = side.index.value?.steps[position];
  if (step === undefined || step === side.shown.value) return;
  side.step.value = step;
}

/** Follow the latest capture, or stay where it is now. */
export function toggleFollow(side: Side): void {
  side.step.value = side.step.value === null ? side.shown.value : null;
}

/** The layer `by` places further in forward order, containers left out. */
export function moveLayer(store: Store, by: number): void {
  const leaves = store.leaves.value;
  if (leaves.length === 0) return;
  const at = leaves.findIndex((layer) => layer.name === store.layer.value);
  const next = at < 0 ? 0 : Math.min(Math.max(at + by, 0), leaves.length - 1);
  const layer = leaves[next];
  if (!layer || layer.name === store.layer.value) return;
  store.layer.value = layer.name;
  store.channel.value = null;
}

/** Play from here, from the start when at the end, or stop. */
export function togglePlay(store: Store): void {
  const { a, playing } = store;
  const steps = a.index.value?.steps ?? [];
  if (!playing.value && a.shown.value === steps.at(-1)) lookAt(a, 0);
  playing.value = !playing.value && steps.length > 1;
}
