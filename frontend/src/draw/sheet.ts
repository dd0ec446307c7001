/** Pictures with their captions on white paper: a contact sheet or a film strip, ready for a paper's figure. */

import { canvasOf, context2d } from "./canvas";
import { PAPER_INK, wrapped } from "./captioned";

export interface SheetPicture {
  pixels: Uint32Array<ArrayBuffer>;
  width: number;
  height: number;
  /** Below the picture; at most two lines of it. */
  caption: string;
}

/** Sides of a picture on the paper, px: whole multiples of its own pixels within this. */
const LARGEST = 320;
const GAP = 8;
const TYPE = 12;
const LINE = 16;
const LINES = 2;

/** Enlargement of a picture: whole, so that its pixels stay square; 1 for large ones. */
export function enlargement(picture: { width: number; height: number }): number {
  return Math.max(1, Math.floor(LARGEST / Math.max(picture.width, picture.height, 1)));
}

/**
 * Draw the pictures in rows of `columns`; null when there are none.
 *
 * @param bare the first picture alone, without paper around it or a caption.
 */
export function sheetCanvas(
  pictures: readonly SheetPicture[],
  columns: number,
  { bare = false } = {},
): HTMLCanvasElement | null {
  const [first] = pictures;
  if (!first) return null;
  const scale = enlargement(first);
  if (bare) return enlarged(first, scale);
  const cell = { width: first.width * scale, height: first.height * scale };
  const canvas = document.createElement("canvas");
  const rows = Math.ceil(pictures.length / columns);
  const hasText = pictures.some((picture) => picture.caption);
  const pitch = cell.height + GAP + (hasText ? LINES * LINE : 0);
  canvas.width = Math.min(columns, pictures.length) * (cell.width + GAP) + GAP;
  canvas.height = rows * pitch + GAP;
  const context = context2d(canvas);
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.imageSmoothingEnabled = false;
  context.font = `${TYPE}px ${PAPER_INK.font}`;
  context.fillStyle = PAPER_INK.text;
  for (const [at, picture] of pictures.entries()) {
    const left = GAP + (at % columns) * (cell.width + GAP);
    const top = GAP + Math.floor(at / columns) * pitch;
    const own = canvasOf(picture.pixels, picture.width, picture.height);
    context.drawImage(own, left, top, cell.width, cell.height);
    const lines = wrapped(picture.caption, cell.width, (text) => context.measureText(text).width);
    for (const [line, text] of lines.slice(0, LINES).entries())
      context.fillText(text, left, top + cell.height + (line + 1) * LINE - 3, cell.width);
  }
  return canvas;
}

function enlarged(picture: SheetPicture, scale: number): HTMLCanvasElement {
  const canvas = document.createElement("canvas");
  canvas.width = picture.width * scale;
  canvas.height = picture.height * scale;
  const context = context2d(canvas);
  context.imageSmoothingEnabled = false;
  const own = canvasOf(picture.pixels, picture.width, picture.height);
  context.drawImage(own, 0, 0, canvas.width, canvas.height);
  return canvas;
}
