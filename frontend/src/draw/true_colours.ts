/** Pictures in their true colours: packed pixels, sheets of them, and the difference of two. */

import { packed } from "./colour_map";
import type { Atlas } from "./grid_pixels";

export interface TrueColours {
  count: number;
  height: number;
  width: number;
  /** (count, height, width, 3), 0…255. */
  images: Uint8Array;
}

/** What a grid's cells without a picture show: nothing. */
const CLEAR = 0;

/** Packed pixels of one picture, (height · width,). */
export function truePixels(pictures: TrueColours, index: number): Uint32Array<ArrayBuffer> {
  const pixels = new Uint32Array(pictures.height * pictures.width);
  copyInto(pixels, pictures, index, { start: 0, stride: pictures.width });
  return pixels;
}

/** Some pictures side by side in rows of `columns`, without gaps, as a grid takes them. */
export function trueAtlas(pictures: TrueColours, order: readonly number[], columns: number): Atlas {
  const rows = Math.ceil(order.length / columns);
  const width = columns * pictures.width;
  const height = rows * pictures.height;
  const pixels = new Uint32Array(width * height).fill(CLEAR);
  for (const [cell, index] of order.entries()) {
    const top = Math.floor(cell / columns) * pictures.height;
    const start = top * width + (cell % columns) * pictures.width;
    copyInto(pixels, pictures, index, { start, stride: width });
  }
  return { pixels, columns, width, height };
}

function copyInto(
  pixels: Uint32Array,
  { images, height, width }: TrueColours,
  index: number,
  { start, stride }: { start: number; stride: number },
): void {
  let from = index * height * width * 3;
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++, from += 3)
      pixels[start + row * stride + column] = packed(
        images[from] as number,
        images[from + 1] as number,
        images[from + 2] as number,
      );
}

/**
 * A − B of one picture each, a value a pixel: the mean of its three colours, −1…1; (height · width,).
 *
 * null when they differ in size.
 */
export function colourDifference(
  a: TrueColours,
  b: TrueColours,
  [of, and]: readonly [number, number],
): Float32Array | null {
  if (a.height !== b.height || a.width !== b.width) return null;
  const size = a.height * a.width;
  const values = new Float32Array(size);
  const [fromA, fromB] = [of * size * 3, and * size * 3];
  for (let at = 0; at < size; at++) {
    let sum = 0;
    for (let colour = 0; colour < 3; colour++)
      sum += (a.images[fromA + 3 * at + colour] as number) - (b.images[fromB + 3 * at + colour] as number);
    values[at] = sum / (3 * 255);
  }
  return values;
}
