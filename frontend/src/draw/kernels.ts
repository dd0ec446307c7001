/** Pictures of a convolution's filters: as colours, as a mosaic of slices, or as one matrix when they are 1 × 1. */

import { isDiverging, NONFINITE_PIXEL, packed, packedColours, place } from "./colour_map";
import type { Atlas, Colouring } from "./grid_pixels";
import { drawnRange, type ValueRange } from "./value_range";

/** Weights (count, slices, height, width); exact, or codes over low…high of their filter. */
export interface Kernels {
  count: number;
  slices: number;
  height: number;
  width: number;
  low: ArrayLike<number>;
  high: ArrayLike<number>;
  codes?: Uint8Array | undefined;
  /** With codes: how many weights of each filter are NaN or infinite. */
  nonfinite?: ArrayLike<number> | null;
  values?: Float32Array | undefined;
}

/** How filters are drawn: three slices as red, green and blue; slice beside slice; all in one matrix. */
export type KernelStyle = "rgb" | "slices" | "matrix";

/** Styles that fit these kernels, the best first. Three input channels are colours only at the network's input. */
export function kernelStyles(
  kernels: Pick<Kernels, "slices" | "height" | "width">,
  atInput: boolean,
): KernelStyle[] {
  if (kernels.height === 1 && kernels.width === 1 && kernels.slices > 1) return ["matrix"];
  return kernels.slices === 3 && atInput ? ["rgb", "slices"] : ["slices"];
}

/** How one filter's slices are arranged in its picture. */
export interface Mosaic {
  columns: number;
  rows: number;
  /** Empty pixels between slices. */
  gap: number;
  /** Pixels a side that one weight takes, so that the lines between small slices are thin. */
  side: number;
  width: number;
  height: number;
}

/** Pixels of a slice beside which a line of one pixel looks thin. */
const THIN = 10;

/** As square as can be; slices touch nobody, a single one has no border. */
export function mosaicOf(kernels: Pick<Kernels, "slices" | "height" | "width">, style: KernelStyle): Mosaic {
  const slices = style === "slices" ? kernels.slices : 1;
  const gap = slices > 1 ? 1 : 0;
  const side = gap ? Math.ceil(THIN / Math.min(kernels.width, kernels.height)) : 1;
  const square = Math.ceil(Math.sqrt((slices * kernels.height) / kernels.width));
  const columns = Math.min(slices, square);
  const rows = Math.ceil(slices / columns);
  const size = (count: number, weights: number) => count * (weights * side + gap) - gap;
  const [width, height] = [size(columns, kernels.width), size(rows, kernels.height)];
  return { columns, rows, gap, side, width, height };
}

/** Weight at a position, from codes right to half a code. */
export function weightAt(
  kernels: Kernels,
  filter: number,
  slice: number,
  row: number,
  column: number,
): number {
  const at = ((filter * kernels.slices + slice) * kernels.height + row) * kernels.width + column;
  if (kernels.values) return kernels.values[at] ?? Number.NaN;
  const size = kernels.slices * kernels.height * kernels.width;
  if ((kernels.nonfinite?.[filter] ?? 0) >= size) return Number.NaN;
  const low = kernels.low[filter] ?? 0;
  const high = kernels.high[filter] ?? 0;
  return low + ((high - low) * (kernels.codes?.[at] ?? 0)) / 255;
}

/** Which slice and weight lies at a pixel of a filter's mosaic; null on the lines between. */
export function weightUnder(
  kernels: Pick<Kernels, "slices" | "height" | "width">,
  mosaic: Mosaic,
  row: number,
  column: number,
): { slice: number; row: number; column: number } | null {
  const pitch = { x: kernels.width * mosaic.side + mosaic.gap, y: kernels.height * mosaic.side + mosaic.gap };
  const across = Math.floor(column / pitch.x);
  const down = Math.floor(row / pitch.y);
  const inside = {
    row: Math.floor((row - down * pitch.y) / mosaic.side),
    column: Math.floor((column - across * pitch.x) / mosaic.side),
  };
  const slice = down * mosaic.columns + across;
  const onLine = inside.row >= kernels.height || inside.column >= kernels.width;
  return onLine || slice >= kernels.slices ? null : { slice, ...inside };
}

/** Symmetric range of one filter, or of all. */
export function kernelRange(kernels: Kernels, filter: number | null): ValueRange {
  if (filter !== null)
    return drawnRange({ low: kernels.low[filter] ?? 0, high: kernels.high[filter] ?? 0 }, true);
  let bound = 0;
  for (let index = 0; index < kernels.count; index++) {
    const range = kernelRange(kernels, index);
    bound = Math.max(bound, range.high);
  }
  return { low: -bound, high: bound };
}

/** Colour the filters named in `order` into an atlas with `columns` cells a row; lines between slices stay clear. */
export function paintKernels(
  kernels: Kernels,
  order: ArrayLike<number>,
  columns: number,
  style: "rgb" | "slices",
  colouring: Colouring,
): Atlas {
  const mosaic = mosaicOf(kernels, style);
  const stride = columns * mosaic.width;
  const rows = Math.ceil(order.length / columns);
  const pixels = new Uint32Array(rows * mosaic.height * stride);
  for (let cell = 0; cell < order.length; cell++) {
    const filter = order[cell] as number;
    const range = colouring.shared ?? colouring.each?.[filter] ?? kernelRange(kernels, filter);
    const corner = Math.floor(cell / columns) * mosaic.height * stride + (cell % columns) * mosaic.width;
    const target = { pixels, corner, stride };
    if (style === "rgb") fillColour(kernels, filter, range, target);
    else fillSlices(kernels, filter, range, mosaic, colouring, target);
  }
  return { pixels, columns, width: stride, height: rows * mosaic.height };
}

/** The matrix of a 1 × 1 convolution: a row a filter (in `order`), a column an input channel. */
export function paintMatrix(kernels: Kernels, order: ArrayLike<number>, colouring: Colouring): Atlas {
  const pixels = new Uint32Array(order.length * kernels.slices);
  const colour = colourOf(colouring);
  for (let row = 0; row < order.length; row++) {
    const filter = order[row] as number;
    const range = colouring.shared ?? colouring.each?.[filter] ?? kernelRange(kernels, filter);
    for (let slice = 0; slice < kernels.slices; slice++)
      pixels[row * kernels.slices + slice] = colour(weightAt(kernels, filter, slice, 0, 0), range);
  }
  return { pixels, columns: 1, width: kernels.slices, height: order.length };
}

/** 1 × 1 filters as square blocks of their weights, row by row, for places where a matrix's row is too thin. */
export function paintBlocks(
  kernels: Kernels,
  order: ArrayLike<number>,
  columns: number,
  colouring: Colouring,
): Atlas {
  const side = blockSide(kernels.slices);
  const stride = columns * side;
  const rows = Math.ceil(order.length / columns);
  const pixels = new Uint32Array(rows * side * stride);
  const matrix = paintMatrix(kernels, order, colouring);
  for (let cell = 0; cell < order.length; cell++) {
    const corner = Math.floor(cell / columns) * side * stride + (cell % columns) * side;
    for (let slice = 0; slice < kernels.slices; slice++)
      pixels[corner + Math.floor(slice / side) * stride + (slice % side)] = matrix.pixels[
        cell * kernels.slices + slice
      ] as number;
  }
  return { pixels, columns, width: stride, height: rows * side };
}

/** Side of the block that holds a 1 × 1 filter's slices. */
export function blockSide(slices: number): number {
  return Math.ceil(Math.sqrt(slices));
}

interface Target {
  pixels: Uint32Array;
  corner: number;
  stride: number;
}

function fillSlices(
  kernels: Kernels,
  filter: number,
  range: ValueRange,
  mosaic: Mosaic,
  colouring: Colouring,
  target: Target,
): void {
  const colour = colourOf(colouring);
  for (let slice = 0; slice < kernels.slices; slice++) {
    const left = (slice % mosaic.columns) * (kernels.width * mosaic.side + mosaic.gap);
    const top = Math.floor(slice / mosaic.columns) * (kernels.height * mosaic.side + mosaic.gap);
    for (let row = 0; row < kernels.height; row++) {
      for (let column = 0; column < kernels.width; column++) {
        const pixel = colour(weightAt(kernels, filter, slice, row, column), range);
        const at = target.corner + (top + row * mosaic.side) * target.stride + left + column * mosaic.side;
        for (let line = 0; line < mosaic.side; line++)
          target.pixels.fill(pixel, at + line * target.stride, at + line * target.stride + mosaic.side);
      }
    }
  }
}

/** Mid grey is zero; red, green and blue share one symmetric scale, so hue and strength are both true. */
function fillColour(kernels: Kernels, filter: number, range: ValueRange, target: Target): void {
  for (let row = 0; row < kernels.height; row++) {
    for (let column = 0; column < kernels.width; column++) {
      const weights = [0, 1, 2].map((slice) => weightAt(kernels, filter, slice, row, column));
      const shares = weights.map((weight) => Math.round(place(weight, range, 1, true) * 255));
      const [red, green, blue] = shares as [number, number, number];
      target.pixels[target.corner + row * target.stride + column] = weights.every(Number.isFinite)
        ? packed(red, green, blue)
        : NONFINITE_PIXEL;
    }
  }
}

function colourOf(colouring: Colouring): (value: number, range: ValueRange) => number {
  const colours = packedColours(colouring.colourMap);
  const diverging = isDiverging(colouring.colourMap);
  return (value, range) =>
    Number.isFinite(value)
      ? (colours[Math.round(place(value, range, colouring.gamma, diverging) * 255)] as number)
      : NONFINITE_PIXEL;
}
