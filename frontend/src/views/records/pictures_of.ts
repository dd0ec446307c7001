/** From the wire's answers to what the drawing cores take. */

import type { Maps, Strip } from "../../api/types";
import type { Kernels } from "../../draw/kernels";
import { exactPictures, type Pictures } from "../../draw/pictures";

/** Feature maps or a heatmap: (K, h, w), or (K,) for a layer without positions, drawn as one pixel each. */
export function picturesOf(maps: Maps): Pictures {
  const [count = 0, height = 1, width = 1] = maps.shape;
  const shape = { count, height, width };
  if (maps.values) return exactPictures(maps.values, shape);
  return { ...shape, codes: maps.codes ?? new Uint8Array(0), ...ends(maps) };
}

function ends({ low, high, nonfinite }: Maps | Strip) {
  return { low, high, nonfinite };
}

/** Kernels (F, S, kh, kw). */
export function kernelsOf(maps: Maps): Kernels {
  const [count = 0, slices = 1, height = 1, width = 1] = maps.shape;
  const shape = { count, slices, height, width };
  if (!maps.values) return { ...shape, codes: maps.codes ?? undefined, ...ends(maps) };
  const { low, high } = exactPictures(maps.values, { count, height: slices * height, width });
  return { ...shape, values: maps.values, low, high };
}

/** One channel at many steps: a picture a step. */
export function stripPictures(strip: Strip): Pictures {
  const [count = 0, height = 1, width = 1] = strip.shape;
  return { count, height, width, codes: strip.codes, ...ends(strip) };
}

/** One filter at many steps, all slices: a filter a step. */
export function stripKernels(strip: Strip): Kernels {
  const [count = 0, slices = 1, height = 1, width = 1] = strip.shape;
  return { count, slices, height, width, codes: strip.codes, ...ends(strip) };
}
