/** A picture with its caption under it, as it goes into a paper or a chat. */

import { context2d } from "./canvas";
import type { Ink } from "./grid_painter";

/** Colours on white, whatever the page's theme. */
export const PAPER_INK: Ink = {
  text: "#4d545d",
  quiet: "#656d77",
  accent: "#1457c2",
  warn: "#8a5300",
  bad: "#b3261e",
  font: "sans-serif",
};

/** A new canvas: white, the picture, and the caption in as many lines as it needs. */
export function captioned(
  picture: HTMLCanvasElement,
  caption: string,
  scale: number = globalThis.devicePixelRatio || 1,
): HTMLCanvasElement {
  const margin = Math.round(8 * scale);
  const size = Math.round(12 * scale);
  const canvas = document.createElement("canvas");
  const context = context2d(canvas);
  context.font = `${size}px sans-serif`;
  const width = Math.max(picture.width, Math.round(240 * scale));
  const lines = wrapped(caption, width, (text) => context.measureText(text).width);
  canvas.width = width + 2 * margin;
  canvas.height = picture.height + 2 * margin + Math.round(lines.length * size * 1.4);
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, canvas.width, canvas.height);
  context.drawImage(picture, margin, margin);
  context.fillStyle = "#15181c";
  context.font = `${size}px sans-serif`;
  for (const [index, line] of lines.entries())
    context.fillText(line, margin, picture.height + margin + Math.round((index + 1) * size * 1.4));
  return canvas;
}

/** Break a text at spaces into lines no wider than `width`; a longer word has a line of its own. */
export function wrapped(text: string, width: number, measure: (text: string) => number): string[] {
  const lines: string[] = [];
  let line = "";
  for (const word of text.split(" ")) {
    const longer = line ? `${line} ${word}` : word;
    if (line && measure(longer) > width) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return line ? [...lines, line] : lines;
}
