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
  const columns = spans(width, thumb.width);
  const lines = spans(height, thumb.height);
  const { rgb } = thumb;
  let at = 0;
  // One loop over all, without a call or an object a pixel: hundreds of pictures change size with each turn of the wheel.
  for (let y = 0; y < height; y++) {
    const top = lines[2 * y] as number;
    const bottom = lines[2 * y + 1] as number;
    for (let x = 0; x < width; x++, at++) {
      const left = columns[2 * x] as number;
      const right = columns[2 * x + 1] as number;
      let red = 0;
      let green = 0;
      let blue = 0;
      for (let line = top; line < bottom; line++) {
        const end = 3 * (line * thumb.width + right);
        for (let from = 3 * (line * thumb.width + left); from < end; from += 3) {
          red += rgb[from] as number;
          green += rgb[from + 1] as number;
          blue += rgb[from + 2] as number;
        }
      }
      const part = 1 / ((bottom - top) * (right - left));
      red = (red * part + 0.5) | 0;
      green = (green * part + 0.5) | 0;
      blue = (blue * part + 0.5) | 0;
      pixels[at] = 0xff000000 | (blue << 16) | (green << 8) | red;
      const grey = ((red + green + blue) / 3 + 0.5) | 0;
      ink[at] = isPaper ? 255 - grey : grey;
    }
  }
  return { width, height, pixels, ink };
}

/** From where to where in the original each of `count` pixels of the copy reaches, two numbers each. */
function spans(count: number, whole: number): Int32Array {
  const found = new Int32Array(2 * count);
  for (let at = 0; at < count; at++) {
    const from = Math.min(whole - 1, Math.floor((at * whole) / count));
    found[2 * at] = from;
    found[2 * at + 1] = Math.max(from + 1, Math.floor(((at + 1) * whole) / count));
  }
  return found;
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

/** Write a stamp; `inks` are the colours of its shares of ink, null for true colours. */
export function blit(
  pixels: Uint32Array,
  size: Size,
  stamp: Stamp,
  { left, top }: Place,
  inks: Uint32Array | null,
): void {
  const fromX = Math.max(0, -left);
  const toX = Math.min(stamp.width, size.width - left);
  const toY = Math.min(stamp.height, size.height - top);
  for (let y = Math.max(0, -top); y < toY; y++) {
    const line = (top + y) * size.width + left;
    const own = y * stamp.width;
    if (inks === null) for (let x = fromX; x < toX; x++) pixels[line + x] = stamp.pixels[own + x] as number;
    else for (let x = fromX; x < toX; x++) pixels[line + x] = inks[stamp.ink[own + x] as number] as number;
  }
}

/** Packed colours from the ground, 0, to the ink, 255. */
export function inkTable(ground: number, ink: number): Uint32Array {
  const part = (shift: number, share: number) => {
    const below = (ground >>> shift) & 255;
    return Math.trunc(below + ((((ink >>> shift) & 255) - below) * share) / 255);
  };
  return Uint32Array.from(
    { length: 256 },
    (_, share) => 0xff000000 | (part(16, share) << 16) | (part(8, share) << 8) | part(0, share),
  );
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
