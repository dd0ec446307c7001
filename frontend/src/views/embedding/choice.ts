/** What the embedding view's columns and plots share beyond the link: the chosen images, and how the plots are held. */

import { signal } from "@preact/signals";

/** Images inside the lasso, one flag a row; null while nothing is chosen. */
export const chosen = signal<Uint8Array | null>(null);
/** What is chosen belongs to this set of images; of another one it is dropped. */
export const chosenOf = signal("");

/** What a lasso, or a click, does with the images in it: alone, beside the others, or away from them. */
export type Way = "anew" | "add" | "take";

export interface Lasso {
  way: Way;
  /** Names the map that it was drawn on: on another one its places mean nothing. */
  map: string;
  /** In places: x, y, x, y, … */
  line: readonly number[];
}

/** Lines around what is chosen, in the order they were drawn. */
export const lassos = signal<readonly Lasso[]>([]);
/** Groups of the legend that alone are shown in their colours; empty: all. */
export const isolated = signal<ReadonlySet<number>>(new Set());
export const tool = signal<"pan" | "lasso">("pan");
/** Image under the pointer, in either map. */
export const hovered = signal<number | null>(null);
/** Whether wrong predictions have a ring. */
export const rings = signal(true);
/** Whether the map of B stands beside that of A, where there is one. */
export const beside = signal(true);
/** Whether "units that fire for these" has been asked about what is chosen now. */
export const unitsWanted = signal(false);
/** Jobs for a t-SNE map that this page asked for and has not shown yet. */
export const awaited = signal<string | null>(null);

/** Choose images, or change what is chosen by them; nothing left is nothing chosen. */
export function choose(rows: Uint8Array | null, way: Way = "anew", lasso?: Omit<Lasso, "way">): void {
  const next = rows && combined(chosen.value, rows, way);
  chosen.value = next?.includes(1) ? next : null;
  const drawn = lasso ? [{ ...lasso, way }] : [];
  const before = way === "anew" || chosen.value === null ? [] : lassos.value;
  lassos.value = chosen.value === null ? [] : [...before, ...drawn];
  unitsWanted.value = false;
}

function combined(before: Uint8Array | null, rows: Uint8Array, way: Way): Uint8Array {
  if (way === "anew" || (before && before.length !== rows.length)) return rows;
  if (way === "add") return before ? rows.map((flag, row) => flag | (before[row] as number)) : rows;
  return rows.map((flag, row) => (before?.[row] && !flag ? 1 : 0));
}

/** Choose some rows of `count`. */
export function chooseRows(rows: readonly number[], count: number, way: Way): void {
  const flags = new Uint8Array(count);
  for (const row of rows) if (row >= 0 && row < count) flags[row] = 1;
  choose(flags, way);
}

/** Names a set of images: what is chosen is rows of it. `dataset` is null for a run's examples. */
export function imagesName(run: string, dataset: string | null, count: number): string {
  return `${dataset ?? `examples of ${run}`}|${count}`;
}

/** Show one group of the legend alone, or with `more` beside the others; the last one gone shows all. */
export function isolate(group: number, more: boolean): void {
  const next = new Set(more ? isolated.value : []);
  const wasAlone = isolated.value.size === 1 && isolated.value.has(group);
  if (isolated.value.has(group) && (more || wasAlone)) next.delete(group);
  else next.add(group);
  isolated.value = next;
}
