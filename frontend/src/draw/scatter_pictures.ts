/** Small pictures into packed pixels: brought to size once, then written as they are or as ink in a colour. */

import type { Size } from "./scatter_camera";

export interface Thumb {
  /** (height, width, 3) */
  rgb: Uint8Array;
  height: number;
  width: number;
}

/** A picture at its size on the screen: packed colours, and how much of each pixel is ink, 0…255. */
export interface Stamp {
  width: number;
  height: number;
  pixels: Uint32Array;
  ink: Uint8Array;
}

/** Bring a picture to at most `side` pixels a side: averaged when it shrinks, nearest when it grows. */
export function stampOf(thumb: Thumb, side: number): Stamp {
  const scale = side / Math.max(thumb.height, thumb.width, 1);
  const width = Math.max(1, Math.round(thumb.width * scale));
  const height = Math.max(1, Math.round(thumb.height * scale));
  const pixels = new Uint32Array(width * height);
  const ink = new Uint8Array(width * height);
  const isPaper = groundIsLight(thumb);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = span(y, height, thumb.height);
    for (let x = 0; x < width; x++) {
      const [left, right] = span(x, width, thumb.width);
      const [red, green, blue] = mean(thumb, top, bottom, left, right);
      pixels[y * width + x] = (0xff000000 | (blue << 16) | (green << 8) | red) >>> 0;
      const grey = Math.round((red + green + blue) / 3);
      ink[y * width + x] = isPaper ? 255 - grey : grey;
    }
  }
  return { width, height, pixels, ink };
}

/** The pixels of the original that one of the copy stands for. */
function span(at: number, count: number, whole: number): [number, number] {
  const from = Math.min(whole - 1, Math.floor((at * whole) / count));
  return [from, Math.max(from + 1, Math.floor(((at + 1) * whole) / count))];
}

function mean(
  { rgb, width }: Thumb,
  top: number,
  bottom: number,
  left: number,
  right: number,
): [number, number, number] {
  let [red, green, blue] = [0, 0, 0];
  for (let y = top; y < bottom; y++)
    for (let x = left; x < right; x++) {
      const at = 3 * (y * width + x);
      red += rgb[at] as number;
      green += rgb[at + 1] as number;
      blue += rgb[at + 2] as number;
    }
  const count = (bottom - top) * (right - left) || 1;
  return [Math.round(red / count), Math.round(green / count), Math.round(blue / count)];
}

/** Dark on light, judged by the corners. */
function groundIsLight({ rgb, width, height }: Thumb): boolean {
  const corners = [0, width - 1, (height - 1) * width, height * width - 1];
  return corners.reduce((sum, at) => sum + (rgb[3 * at] ?? 0), 0) > 2 * 255;
}

interface Place {
  left: number;
  top: number;
}

/** Write a stamp; `ink` is the packed colour of its ink on `ground`, null for true colours. */
export function blit(
  pixels: Uint32Array,
  size: Size,
  stamp: Stamp,
  { left, top }: Place,
  ink: number | null,
  ground: number,
): void {
  const fromX = Math.max(0, -left);
  const toX = Math.min(stamp.width, size.width - left);
  for (let y = Math.max(0, -top); y < Math.min(stamp.height, size.height - top); y++) {
    const line = (top + y) * size.width + left;
    for (let x = fromX; x < toX; x++) {
      const at = y * stamp.width + x;
      pixels[line + x] =
        ink === null ? (stamp.pixels[at] as number) : mixed(ground, ink, stamp.ink[at] as number);
    }
  }
}

function mixed(ground: number, ink: number, share: number): number {
  const part = (shift: number) => {
    const below = (ground >>> shift) & 255;
    return (below + ((((ink >>> shift) & 255) - below) * share) / 255) | 0;
  };
  return (0xff000000 | (part(16) << 16) | (part(8) << 8) | part(0)) >>> 0;
}

/** A filled rectangle, cut at the edges. */
export function fillRect(
  pixels: Uint32Array,
  size: Size,
  { left, top, width, height }: Place & Size,
  colour: number,
): void {
  const from = Math.max(0, left);
  const to = Math.min(size.width, left + width);
  if (from >= to) return;
  for (let y = Math.max(0, top); y < Math.min(size.height, top + height); y++)
    pixels.fill(colour, y * size.width + from, y * size.width + to);
}

/** The border of a rectangle, `line` pixels wide, within it. */
export function frameRect(
  pixels: Uint32Array,
  size: Size,
  box: Place & Size,
  line: number,
  colour: number,
): void {
  const { left, top, width, height } = box;
  fillRect(pixels, size, { left, top, width, height: line }, colour);
  fillRect(pixels, size, { left, top: top + height - line, width, height: line }, colour);
  fillRect(pixels, size, { left, top, width: line, height }, colour);
  fillRect(pixels, size, { left: left + width - line, top, width: line, height }, colour);
}
