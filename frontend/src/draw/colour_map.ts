/** Colour maps: names, tables, and packed colours for 256 codes under a range and a gamma. */

import { LUTS } from "./luts";
import type { ValueRange } from "./value_range";

export type ColourMap = keyof typeof LUTS;

export const SEQUENTIAL = ["viridis", "magma", "cividis", "grey"] as const satisfies readonly ColourMap[];
export const DIVERGING = ["bwr", "puor"] as const satisfies readonly ColourMap[];

export const COLOUR_MAP_TITLES: Record<ColourMap, string> = {
  viridis: "viridis",
  magma: "magma",
  cividis: "cividis",
  grey: "grey",
  bwr: "blue–white–red",
  puor: "purple–orange",
};

/** Marks NaN and infinities; no colour map comes near it. */
export const NONFINITE_COLOUR = "#ff00ff";

/** The same, packed as the tables are. */
export const NONFINITE_PIXEL = 0xffff00ff;

const tables = new Map<ColourMap, Uint8Array>();

/** Table of a colour map: 256 sRGB triples, (768,) uint8. */
export function lut(name: ColourMap): Uint8Array {
  let table = tables.get(name);
  if (!table) {
    table = Uint8Array.from(atob(LUTS[name]), (letter) => letter.charCodeAt(0));
    tables.set(name, table);
  }
  return table;
}

export function isColourMap(name: string): name is ColourMap {
  return Object.hasOwn(LUTS, name);
}

/** Whether the map has its zero in the middle; ranges drawn with it are symmetric. */
export function isDiverging(name: ColourMap): boolean {
  return (DIVERGING as readonly ColourMap[]).includes(name);
}

/** Place of a value in a colour map, 0…1, after gamma; a diverging map takes gamma on both sides of its middle. */
export function place(value: number, range: ValueRange, gamma: number, diverging: boolean): number {
  const span = range.high - range.low;
  if (!(span > 0)) return diverging ? 0.5 : 0;
  const share = Math.min(1, Math.max(0, (value - range.low) / span));
  if (gamma === 1) return share;
  if (!diverging) return share ** gamma;
  const side = 2 * share - 1;
  return 0.5 + (Math.sign(side) * Math.abs(side) ** gamma) / 2;
}

/** One colour as canvas pixels are laid out in memory (red first), read as a little-endian word. */
export function packed(red: number, green: number, blue: number, alpha = 255): number {
  return ((alpha << 24) | (blue << 16) | (green << 8) | red) >>> 0;
}

/** Packed colour of each of the 256 entries of a colour map. */
export function packedColours(name: ColourMap): Uint32Array {
  const table = lut(name);
  return Uint32Array.from({ length: 256 }, (_, code) =>
    packed(table[3 * code] as number, table[3 * code + 1] as number, table[3 * code + 2] as number),
  );
}

/**
 * Packed colours of codes 0…255 that stand for values low…high, drawn in `range`.
 *
 * @param coded the values that codes 0 and 255 stand for.
 * @param range the values at both ends of the colour map.
 */
export function codeColours(
  coded: ValueRange,
  range: ValueRange,
  options: { colours: Uint32Array; gamma: number; diverging: boolean },
  out: Uint32Array = new Uint32Array(256),
): Uint32Array {
  const unit = (coded.high - coded.low) / 255;
  for (let code = 0; code < 256; code++) {
    const share = place(coded.low + unit * code, range, options.gamma, options.diverging);
    out[code] = options.colours[Math.round(share * 255)] as number;
  }
  return out;
}

/** A CSS gradient of the colour map, for swatches and scale bars. */
export function gradient(name: ColourMap): string {
  const table = lut(name);
  const stops = Array.from({ length: 17 }, (_, index) => {
    const code = 3 * Math.round((index * 255) / 16);
    return `rgb(${table[code]} ${table[code + 1]} ${table[code + 2]})`;
  });
  return `linear-gradient(90deg, ${stops.join(", ")})`;
}
