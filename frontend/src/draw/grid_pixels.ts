/** Pixels of a grid of pictures: an atlas of cells, coloured without a canvas so that it can be tested. */

import {
  type ColourMap,
  codeColours,
  isDiverging,
  NONFINITE_PIXEL,
  packedColours,
  place,
} from "./colour_map";
import { isAllBroken, type Pictures, pictureRange } from "./pictures";
import { commonRange, drawnRange, type ValueRange } from "./value_range";

/** How values become colours. */
export interface Colouring {
  colourMap: ColourMap;
  gamma: number;
  /** One range for all pictures, or null for each its own. */
  shared: ValueRange | null;
  /** Without a shared one: a range for each picture, where it is not to be its own. */
  each?: readonly ValueRange[];
}

/** Cells of equal size in rows of `columns`; `pixels` is (rows * height, columns * width) packed colours. */
export interface Atlas {
  pixels: Uint32Array<ArrayBuffer>;
  columns: number;
  width: number;
  height: number;
}

/** Range that all pictures are drawn in together. */
export function sharedRange(pictures: Pictures, colourMap: ColourMap): ValueRange {
  return drawnRange(commonRange(pictures.low, pictures.high), isDiverging(colourMap));
}

/** Range that picture `index` is drawn in. */
export function rangeOf(pictures: Pictures, index: number, colouring: Colouring): ValueRange {
  const given = colouring.shared ?? colouring.each?.[index];
  return given ?? drawnRange(pictureRange(pictures, index), isDiverging(colouring.colourMap));
}

/** Colour the pictures named in `order` into an atlas with `columns` cells a row. */
export function paintAtlas(
  pictures: Pictures,
  order: ArrayLike<number>,
  columns: number,
  colouring: Colouring,
): Atlas {
  const { width, height } = pictures;
  const rows = Math.ceil(order.length / columns);
  const stride = columns * width;
  const pixels = new Uint32Array(rows * height * stride);
  const colours = packedColours(colouring.colourMap);
  const options = { colours, gamma: colouring.gamma, diverging: isDiverging(colouring.colourMap) };
  const table = new Uint32Array(256);
  const cellAt = (corner: number) => ({ pixels, corner, stride, width, height });
  for (let cell = 0; cell < order.length; cell++) {
    const index = order[cell] as number;
    const range = rangeOf(pictures, index, colouring);
    const corner = Math.floor(cell / columns) * height * stride + (cell % columns) * width;
    if (pictures.codes && isAllBroken(pictures, index)) {
      fillCoded(pictures.codes, index * width * height, {
        ...cellAt(corner),
        table: table.fill(NONFINITE_PIXEL),
      });
    } else if (pictures.codes) {
      codeColours(pictureRange(pictures, index), range, options, table);
      fillCoded(pictures.codes, index * width * height, { ...cellAt(corner), table });
    } else {
      fillExact(pictures.values, index * width * height, range, { ...options, ...cellAt(corner) });
    }
  }
  return { pixels, columns, width: stride, height: rows * height };
}

interface Target {
  pixels: Uint32Array;
  corner: number;
  stride: number;
  width: number;
  height: number;
}

function fillCoded(codes: Uint8Array, from: number, target: Target & { table: Uint32Array }): void {
  const { pixels, corner, stride, width, height, table } = target;
  let source = from;
  for (let row = 0; row < height; row++) {
    let at = corner + row * stride;
    for (const end = at + width; at < end; at++) pixels[at] = table[codes[source++] as number] as number;
  }
}

function fillExact(
  values: ArrayLike<number>,
  from: number,
  range: ValueRange,
  target: Target & { colours: Uint32Array; gamma: number; diverging: boolean },
): void {
  const { pixels, corner, stride, width, height, colours, gamma, diverging } = target;
  let source = from;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const value = values[source++] as number;
      pixels[corner + row * stride + column] = Number.isFinite(value)
        ? (colours[Math.round(place(value, range, gamma, diverging) * 255)] as number)
        : NONFINITE_PIXEL;
    }
  }
}
