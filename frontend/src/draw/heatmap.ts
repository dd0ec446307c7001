/** Pixels of a map over an example, and of the example itself. */

import { type ColourMap, isDiverging, NONFINITE_PIXEL, packed, packedColours, place } from "./colour_map";
import type { ValueRange } from "./value_range";

/** Colours of a map's values (height * width,), packed. */
export function paintHeatmap(
  values: ArrayLike<number>,
  range: ValueRange,
  colouring: { colourMap: ColourMap; gamma: number },
): Uint32Array<ArrayBuffer> {
  const colours = packedColours(colouring.colourMap);
  const diverging = isDiverging(colouring.colourMap);
  const pixels = new Uint32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    pixels[at] = Number.isFinite(value)
      ? (colours[Math.round(place(value, range, colouring.gamma, diverging) * 255)] as number)
      : NONFINITE_PIXEL;
  }
  return pixels;
}

/** Packed pixels of an example, (height, width, 3) uint8; in grey by its luma (Rec. 601) if asked. */
export function paintExample(rgb: Uint8Array, grey: boolean): Uint32Array<ArrayBuffer> {
  const pixels = new Uint32Array(rgb.length / 3);
  for (let at = 0; at < pixels.length; at++) {
    const [red, green, blue] = [rgb[3 * at] as number, rgb[3 * at + 1] as number, rgb[3 * at + 2] as number];
    if (grey) {
      const luma = Math.round(0.299 * red + 0.587 * green + 0.114 * blue);
      pixels[at] = packed(luma, luma, luma);
    } else pixels[at] = packed(red, green, blue);
  }
  return pixels;
}

/** How many values are NaN or infinite. */
export function countNonfinite(values: ArrayLike<number>): number {
  let count = 0;
  for (let at = 0; at < values.length; at++) if (!Number.isFinite(values[at])) count++;
  return count;
}
