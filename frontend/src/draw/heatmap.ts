/** Pixels of a map over an example, and of the example itself. */

import { type ColourMap, isDiverging, NONFINITE_PIXEL, packed, packedColours, place } from "./colour_map";
import type { ValueRange } from "./value_range";

export interface HeatmapColouring {
  colourMap: ColourMap;
  gamma: number;
  /** 0…1; see `veil`. By default 1, the map alone. */
  opacity?: number;
}

/** Colours of a map's values (height * width,), packed; with an opacity below 1 to be laid over the example. */
export function paintHeatmap(
  values: ArrayLike<number>,
  range: ValueRange,
  { colourMap, gamma, opacity = 1 }: HeatmapColouring,
): Uint32Array<ArrayBuffer> {
  const diverging = isDiverging(colourMap);
  const colours = packedColours(colourMap).map((colour, code) => {
    const strength = diverging ? Math.abs((2 * code) / 255 - 1) : code / 255;
    return ((Math.round(veil(strength, opacity) * 255) << 24) | (colour & 0xffffff)) >>> 0;
  });
  const pixels = new Uint32Array(values.length);
  for (let at = 0; at < values.length; at++) {
    const value = values[at] as number;
    pixels[at] = Number.isFinite(value)
      ? (colours[Math.round(place(value, range, gamma, diverging) * 255)] as number)
      : NONFINITE_PIXEL;
  }
  return pixels;
}

/**
 * How much of a map hides the example, by the strength 0…1 of its colour.
 *
 * At 1 the map is alone, at 0.5 its strongest places hide the example and its weakest show it, at 0 it is gone.
 */
export function veil(strength: number, opacity: number): number {
  return Math.min(1, Math.max(0, strength + 2 * opacity - 1));
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

/** Lay packed pixels over opaque ones of the same size. */
export function composite(base: Uint32Array, over: Uint32Array): Uint32Array<ArrayBuffer> {
  const pixels = new Uint32Array(over.length);
  for (let at = 0; at < over.length; at++) {
    const [below, above] = [base[at] as number, over[at] as number];
    const alpha = (above >>> 24) / 255;
    const mix = (shift: number) =>
      Math.round(((below >>> shift) & 255) * (1 - alpha) + ((above >>> shift) & 255) * alpha) << shift;
    pixels[at] = (mix(0) | mix(8) | mix(16) | 0xff000000) >>> 0;
  }
  return pixels;
}

/** How many values are NaN or infinite. */
export function countNonfinite(values: ArrayLike<number>): number {
  let count = 0;
  for (let at = 0; at < values.length; at++) if (!Number.isFinite(values[at])) count++;
  return count;
}
