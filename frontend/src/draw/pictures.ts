/** A stack of equally large pictures of one value a pixel: what feature maps, kernels and heatmaps are drawn from. */

import type { ValueRange } from "./value_range";

interface Shape {
  count: number;
  height: number;
  width: number;
  /** Smallest and largest finite value of each picture, (count,). */
  low: ArrayLike<number>;
  high: ArrayLike<number>;
}

/** For viewing: codes 0…255 over low…high of their picture. */
export interface CodedPictures extends Shape {
  /** (count, height, width). */
  codes: Uint8Array;
  /** How many values of each picture are NaN or infinite; their codes are 0. */
  nonfinite?: ArrayLike<number> | null;
  values?: undefined;
}

/** For reading values: exact, NaN and infinities included. */
export interface ExactPictures extends Shape {
  /** (count, height, width). */
  values: Float32Array | Float64Array;
  codes?: undefined;
}

export type Pictures = CodedPictures | ExactPictures;

/** Values that picture `index` spans. */
export function pictureRange(pictures: Pictures, index: number): ValueRange {
  return { low: pictures.low[index] ?? 0, high: pictures.high[index] ?? 0 };
}

/** Codes say how many values are no numbers, not which: only where all are is the whole picture marked. */
export function isAllBroken(pictures: CodedPictures, index: number): boolean {
  const size = pictures.width * pictures.height;
  return size > 0 && (pictures.nonfinite?.[index] ?? 0) >= size;
}

/** Value at a pixel; from codes it is right to half a code, (high - low) / 510. */
export function valueAt(pictures: Pictures, index: number, row: number, column: number): number {
  const at = (index * pictures.height + row) * pictures.width + column;
  if (pictures.values) return pictures.values[at] ?? Number.NaN;
  if (isAllBroken(pictures, index)) return Number.NaN;
  const { low, high } = pictureRange(pictures, index);
  return low + ((high - low) * (pictures.codes[at] ?? 0)) / 255;
}

/** All values of one picture, (height * width,); a copy. */
export function pictureValues(pictures: Pictures, index: number): Float32Array {
  const size = pictures.height * pictures.width;
  const start = index * size;
  if (pictures.values) return new Float32Array(pictures.values.subarray(start, start + size));
  const values = new Float32Array(size);
  if (isAllBroken(pictures, index)) return values.fill(Number.NaN);
  const { low, high } = pictureRange(pictures, index);
  const unit = (high - low) / 255;
  for (let at = 0; at < size; at++) values[at] = low + unit * (pictures.codes[start + at] as number);
  return values;
}

/** Exact pictures from values; each picture's finite range is found here. */
export function exactPictures(
  values: Float32Array | Float64Array,
  shape: { count: number; height: number; width: number },
): ExactPictures {
  const size = shape.height * shape.width;
  const low = new Float32Array(shape.count);
  const high = new Float32Array(shape.count);
  for (let index = 0; index < shape.count; index++) {
    let [bottom, top] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let at = index * size; at < (index + 1) * size; at++) {
      const value = values[at] as number;
      if (!Number.isFinite(value)) continue;
      if (value < bottom) bottom = value;
      if (value > top) top = value;
    }
    low[index] = bottom <= top ? bottom : 0;
    high[index] = bottom <= top ? top : 0;
  }
  return { ...shape, low, high, values };
}
