/** Colours of points: palettes that colour-blind eyes tell apart, and what decides each point's group or value. */

import { packed, packedColours } from "../../draw/colour_map";
import type { ValueRange } from "../../draw/value_range";
import type { ScatterColour, Theme } from "../../state/store";

/** Okabe and Ito 2008 (https://jfly.uni-koeln.de/color/), the black one last but one. */
const OKABE_ITO = ["#0072b2", "#e69f00", "#009e73", "#d55e00", "#cc79a7", "#56b4e9", "#15181c", "#d8ca1f"];
/** Petroff 2021 (https://arxiv.org/abs/2107.02270). */
const PETROFF = [
  ...["#3f90da", "#ffa90e", "#bd1f01", "#94a4a2", "#832db6"],
  ...["#a96b59", "#e76300", "#b9ac70", "#717581", "#92dadd"],
];
/** The same where the ground is dark: what would be lost in it is lighter. */
const LIGHTER: Record<string, string> = { "#15181c": "#f2f3f5", "#832db6": "#b06ee0", "#bd1f01": "#e2492c" };
const GREY: Record<Theme, string> = { light: "#9aa1a9", dark: "#6b737c" };
/** Right and wrong differ in lightness too; wrong ones have a ring besides. */
const RIGHT_WRONG = ["#56b4e9", "#d55e00"];

/** Most groups that have a colour each. */
export const MOST_COLOURS = 10;
const HIGHLIGHTED = 8;

/**
 * A CSS colour for each group; null is grey: beyond ten groups only eight have one, the isolated or the largest.
 *
 * @param counts how many images each group has.
 */
export function groupColours(
  counts: ArrayLike<number>,
  isolated: ReadonlySet<number>,
  theme: Theme,
): (string | null)[] {
  const themed = (colour: string) => (theme === "dark" ? (LIGHTER[colour] ?? colour) : colour);
  const palette = (counts.length <= OKABE_ITO.length ? OKABE_ITO : PETROFF).map(themed);
  if (counts.length <= MOST_COLOURS) return Array.from(counts, (_, group) => palette[group] ?? null);
  const colours = Array<string | null>(counts.length).fill(null);
  for (const [turn, group] of highlighted(counts, isolated).entries())
    colours[group] = themed(OKABE_ITO[turn] as string);
  return colours;
}

function highlighted(counts: ArrayLike<number>, isolated: ReadonlySet<number>): number[] {
  const wanted = isolated.size > 0 ? [...isolated] : Array.from(counts, (_, group) => group);
  return wanted
    .filter((group) => (counts[group] ?? 0) > 0)
    .sort((a, b) => (counts[b] as number) - (counts[a] as number) || a - b)
    .slice(0, HIGHLIGHTED)
    .sort((a, b) => a - b);
}

/** How the points are told apart: by a group each, or by a value each beside the label's group. */
export interface Grouping {
  by: ScatterColour;
  /** (M,), −1 without one. */
  groups: Int32Array;
  names: (group: number) => string;
  /** Images of each group. */
  counts: Int32Array;
  /** (M,), NaN without one; where the colour is a value. */
  values: Float32Array | null;
  range: ValueRange;
}

export interface Known {
  labels: Int32Array;
  predicted: Int32Array | null;
  loss: Float32Array | null;
  /** Activation of the chosen unit, once it is there. */
  reaction: Float32Array | null;
  className: (target: number) => string;
}

const MOST_GROUPS = 100_000;

/** Groups and values for a colouring. */
export function groupingOf(by: ScatterColour, known: Known): Grouping {
  const values = by === "loss" ? known.loss : by === "unit" ? known.reaction : null;
  const range = values ? shownRange(values, by === "loss") : { low: 0, high: 0 };
  if (by === "error") {
    const groups = errorsOf(known.labels, known.predicted);
    const names = (group: number) => (group === 0 ? "right" : "wrong");
    return { by, groups, names, counts: countsOf(groups, 2), values, range };
  }
  const groups = by === "prediction" && known.predicted ? known.predicted : known.labels;
  let most = -1;
  for (const group of groups) if (group > most && group < MOST_GROUPS) most = group;
  return { by, groups, names: known.className, counts: countsOf(groups, most + 1), values, range };
}

/** 0 right, 1 wrong, −1 where label or prediction is missing. */
export function errorsOf(labels: Int32Array, predicted: Int32Array | null): Int32Array {
  return labels.map((label, row) => {
    const said = predicted?.[row] ?? -1;
    return label < 0 || said < 0 ? -1 : Number(label !== said);
  });
}

export function countsOf(groups: Int32Array, count: number, among?: Uint8Array | null): Int32Array {
  const counts = new Int32Array(count);
  for (let row = 0; row < groups.length; row++) {
    const group = groups[row] as number;
    if (group >= 0 && group < count && (!among || among[row])) counts[group] = (counts[group] as number) + 1;
  }
  return counts;
}

const LOSS_SHARE = 0.98;

/** From the smallest to the largest; a loss from zero to what all but the worst 2 % stay below. */
function shownRange(values: Float32Array, isLoss: boolean): ValueRange {
  const finite = values.filter(Number.isFinite).sort();
  if (finite.length === 0) return { low: 0, high: 0 };
  if (!isLoss) return { low: finite[0] as number, high: finite.at(-1) as number };
  return { low: 0, high: finite[Math.floor(LOSS_SHARE * (finite.length - 1))] as number };
}

/** A CSS colour for each group of this grouping. */
export function cssColours(
  grouping: Grouping,
  isolated: ReadonlySet<number>,
  theme: Theme,
): (string | null)[] {
  if (grouping.by === "error") return RIGHT_WRONG;
  if (grouping.values) return Array<string | null>(grouping.counts.length).fill(null);
  return groupColours(grouping.counts, isolated, theme);
}

/** A packed colour for each point. */
export function pointColours(
  grouping: Grouping,
  isolated: ReadonlySet<number>,
  theme: Theme,
): Uint32Array<ArrayBuffer> {
  const grey = packedCss(GREY[theme]);
  const colours = new Uint32Array(grouping.groups.length).fill(grey);
  const { values, range, groups } = grouping;
  if (values) {
    const table = packedColours("viridis");
    const span = range.high - range.low || 1;
    for (let row = 0; row < colours.length; row++) {
      const share = ((values[row] as number) - range.low) / span;
      if (Number.isFinite(share))
        colours[row] = table[Math.round(255 * Math.min(1, Math.max(0, share)))] as number;
    }
    return colours;
  }
  const css = cssColours(grouping, isolated, theme).map((one) => (one === null ? grey : packedCss(one)));
  for (let row = 0; row < colours.length; row++) colours[row] = css[groups[row] as number] ?? grey;
  return colours;
}

/** "#rrggbb" as a pixel. */
export function packedCss(colour: string): number {
  const code = Number.parseInt(colour.slice(1), 16);
  return packed(code >> 16, (code >> 8) & 255, code & 255);
}
