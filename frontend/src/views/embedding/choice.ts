/** What the embedding view's three columns share beyond the link: the chosen images, and how the plot is held. */

import { signal } from "@preact/signals";
import type { Camera } from "../../draw/scatter_camera";

/** Images inside the lasso, one flag a row; null while nothing is chosen. */
export const chosen = signal<Uint8Array | null>(null);
/** Its line, in places: x, y, x, y, … */
export const lassoLine = signal<readonly number[]>([]);
/** What is chosen belongs to this set of images; of another one it is dropped. */
export const chosenOf = signal("");
/** Groups of the legend that alone are shown in their colours; empty: all. */
export const isolated = signal<ReadonlySet<number>>(new Set());
export const tool = signal<"pan" | "lasso">("pan");
/** null: all points are in sight. */
export const camera = signal<Camera | null>(null);
/** Image under the pointer. */
export const hovered = signal<number | null>(null);
/** Whether wrong predictions have a ring. */
export const rings = signal(true);
/** Whether "units that fire for these" has been asked about what is chosen now. */
export const unitsWanted = signal(false);
/** Jobs for a t-SNE map that this page asked for and has not shown yet. */
export const awaited = signal<string | null>(null);

/** Choose images; `line` is the lasso that they lie in. */
export function choose(rows: Uint8Array | null, line: readonly number[] = []): void {
  chosen.value = rows?.includes(1) ? rows : null;
  lassoLine.value = chosen.value ? line : [];
  unitsWanted.value = false;
}

/** Show one group of the legend alone, or with `more` beside the others; the last one gone shows all. */
export function isolate(group: number, more: boolean): void {
  const next = new Set(more ? isolated.value : []);
  const wasAlone = isolated.value.size === 1 && isolated.value.has(group);
  if (isolated.value.has(group) && (more || wasAlone)) next.delete(group);
  else next.add(group);
  isolated.value = next;
}
