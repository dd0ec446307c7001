/** Draws the visible part of a grid of pictures, with its numbers, on one canvas. */

import { canvasOf, drawScaled, fitCanvas } from "./canvas";
import { cellRect, type GridLayout, visiblePositions } from "./grid_layout";
import type { Atlas } from "./grid_pixels";

/** Text under a picture. */
export interface CellText {
  left: string;
  right: string;
  /** warn and bad come with a triangle, never by colour alone. */
  tone: "plain" | "warn" | "bad";
}

/** Colours and type of the page's theme, read from its CSS. */
export interface Ink {
  text: string;
  quiet: string;
  accent: string;
  warn: string;
  bad: string;
  font: string;
}

export interface GridPicture {
  layout: GridLayout;
  /** Which picture stands at each position. */
  order: ArrayLike<number>;
  /** Colours the given pictures into an atlas; called with the visible ones only. */
  atlas: (order: number[], columns: number) => Atlas;
  text: (index: number) => CellText;
  /** Position of the selected picture, or null. */
  selected: number | null;
}

/** The theme's colours at an element. */
export function inkOf(element: Element): Ink {
  const style = getComputedStyle(element);
  const read = (name: string, fallback: string) => style.getPropertyValue(name).trim() || fallback;
  return {
    text: read("--ink-2", "#4d545d"),
    quiet: read("--ink-3", "#656d77"),
    accent: read("--accent", "#1457c2"),
    warn: read("--warn", "#8a5300"),
    bad: read("--bad", "#b3261e"),
    font: read("--font", "sans-serif"),
  };
}

/** Paint what shows between `top` and `top + height` of the grid. */
export function paintGrid(
  canvas: HTMLCanvasElement,
  picture: GridPicture,
  view: { top: number; width: number; height: number },
  ink: Ink,
): void {
  const context = fitCanvas(canvas, view);
  context.clearRect(0, 0, view.width, view.height);
  const { layout } = picture;
  const { first, last } = visiblePositions(layout, view.top, view.height);
  if (last <= first) return;
  const order = Array.from({ length: last - first }, (_, cell) => picture.order[first + cell] as number);
  const atlas = picture.atlas(order, layout.columns);
  const source = canvasOf(atlas.pixels, atlas.width, atlas.height);
  const cell = {
    width: atlas.width / layout.columns,
    height: atlas.height / Math.ceil(order.length / layout.columns),
  };
  for (let at = 0; at < order.length; at++) {
    const rect = cellRect(layout, first + at);
    const to = { ...rect, y: rect.y - view.top };
    const from = {
      x: (at % layout.columns) * cell.width,
      y: Math.floor(at / layout.columns) * cell.height,
      ...cell,
    };
    drawScaled(context, source, from, to);
    const selected = first + at === picture.selected;
    drawText(context, picture.text(order[at] as number), to, { ink, selected });
  }
}

/** Keeps one picture's number apart from the next one's. */
const INSET = 2;

function drawText(
  context: CanvasRenderingContext2D,
  text: CellText,
  rect: { x: number; y: number; width: number; height: number },
  { ink, selected }: { ink: Ink; selected: boolean },
): void {
  const baseline = rect.y + rect.height + 11;
  context.font = `${selected ? "600 " : ""}11px ${ink.font}`;
  context.textAlign = "left";
  context.fillStyle = selected ? ink.accent : ink.text;
  const left = elided(text.left, rect.width - 2 * INSET, (some) => context.measureText(some).width);
  context.fillText(left, rect.x + INSET, baseline);
  const right = rect.x + rect.width - INSET;
  const mark = text.tone === "plain" ? 0 : 12;
  const room = rect.width - 2 * INSET - context.measureText(left).width - 4 - mark;
  context.fillStyle = text.tone === "plain" ? ink.quiet : ink[text.tone];
  context.textAlign = "right";
  let shown = text.right;
  if (context.measureText(shown).width > room) shown = "";
  if (shown) context.fillText(shown, right, baseline);
  if (text.tone !== "plain") {
    const end = right - (shown ? context.measureText(shown).width + 4 : 0);
    context.beginPath();
    context.moveTo(end - 8, baseline);
    context.lineTo(end, baseline);
    context.lineTo(end - 4, baseline - 7);
    context.fill();
  }
}

/** A text cut to a width, with an ellipsis where something is left out. */
export function elided(text: string, width: number, measure: (text: string) => number): string {
  if (measure(text) <= width) return text;
  let length = text.length;
  while (length > 0 && measure(`${text.slice(0, length).trimEnd()}…`) > width) length--;
  return length > 0 ? `${text.slice(0, length).trimEnd()}…` : "";
}
