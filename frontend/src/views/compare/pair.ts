/** The same record of A and of B: whether they can be compared, in common ranges, and their difference. */

import type { Maps } from "../../api/types";
import { isDiverging } from "../../draw/colour_map";
import { type Atlas, type Colouring, paintAtlas } from "../../draw/grid_pixels";
import {
  blockSide,
  type KernelStyle,
  type Kernels,
  kernelStyles,
  mosaicOf,
  paintBlocks,
  paintKernels,
} from "../../draw/kernels";
import { shapeText } from "../../draw/number_text";
import { commonRange, drawnRange, type ValueRange } from "../../draw/value_range";
import type { Subject } from "../../state/store";
import { kernelsOf, picturesOf } from "../records/pictures_of";

/** Why two answers cannot be subtracted; null when they can. */
export function mismatch(a: Maps, b: Maps): string | null {
  if (a.shape.join() === b.shape.join()) return null;
  return `A is ${shapeText(a.shape)} and B ${shapeText(b.shape)}: no difference is defined`;
}

/** A − B of exact values, as an answer like theirs. Where either is no number, so is the difference. */
export function difference(a: Maps, b: Maps): Maps | null {
  if (!a.values || !b.values || mismatch(a, b)) return null;
  const values = a.values.map((value, at) => value - (b.values?.[at] ?? Number.NaN));
  const nothing = { codes: null, low: new Float32Array(0), high: new Float32Array(0) };
  const facts = { ...a.facts, signed: true };
  return { facts, shape: a.shape, values, ...nothing, mean: null, zeros: null, nonfinite: null };
}

/** Ranges that hold both answers' values: one for each picture, and one for all. */
export interface Ranges {
  each: ValueRange[];
  all: ValueRange;
}

export function rangesOf(answers: readonly Maps[], colourMap: Colouring["colourMap"]): Ranges {
  const diverging = isDiverging(colourMap);
  const ends = answers.map((maps) => (maps.values ? picturesOf(flat(maps)) : maps));
  const count = Math.max(0, ...ends.map((one) => one.low.length));
  const each = Array.from({ length: count }, (_, index) => {
    const low = ends.map((one) => one.low[index] ?? 0);
    const high = ends.map((one) => one.high[index] ?? 0);
    return drawnRange(commonRange(low, high), diverging);
  });
  const all = commonRange(
    each.map((range) => range.low),
    each.map((range) => range.high),
  );
  return { each, all: drawnRange(all, diverging) };
}

/** Kernels (F, S, kh, kw) as pictures (F, S · kh, kw): only their ends are wanted. */
function flat(maps: Maps): Maps {
  if (maps.shape.length !== 4) return maps;
  const [count = 0, slices = 1, height = 1, width = 1] = maps.shape;
  return { ...maps, shape: [count, slices * height, width] };
}

/** What a subject's pictures are drawn by. */
export interface Stack {
  count: number;
  /** Size of one picture as coloured. */
  picture: { width: number; height: number };
  gap: number | undefined;
  atlas: (order: number[], columns: number, colouring: Colouring) => Atlas;
}

export function stackOf(maps: Maps, subject: Subject, rgb: boolean): Stack {
  if (subject !== "filters") {
    const pictures = picturesOf(maps);
    const { count, width, height } = pictures;
    const atlas: Stack["atlas"] = (order, columns, colouring) =>
      paintAtlas(pictures, order, columns, colouring);
    return { count, picture: { width, height }, gap: undefined, atlas };
  }
  const kernels = kernelsOf(maps);
  const style = kernelStyles(kernels, rgb)[0] ?? "slices";
  return kernelStack(kernels, style);
}

function kernelStack(kernels: Kernels, style: KernelStyle): Stack {
  const { count, slices } = kernels;
  if (style === "matrix") {
    const side = blockSide(slices);
    const atlas: Stack["atlas"] = (order, columns, colouring) =>
      paintBlocks(kernels, order, columns, colouring);
    return { count, picture: { width: side, height: side }, gap: undefined, atlas };
  }
  const { width, height, gap } = mosaicOf(kernels, style);
  const atlas: Stack["atlas"] = (order, columns, colouring) =>
    paintKernels(kernels, order, columns, style, colouring);
  return { count, picture: { width, height }, gap: gap ? 12 : undefined, atlas };
}
