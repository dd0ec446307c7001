/** How dense the points of a scatter plot lie, as colours. */

import { canvasOf } from "./canvas";
import { packed, packedColours } from "./colour_map";
import type { Camera, Size } from "./scatter_camera";
import { DIMMED, HIDDEN, type Points } from "./scatter_points";

/** Side of a cell, CSS pixels. */
const CELL = 4;

/** How many points lie in each cell of `side` pixels, row by row; those left out are not counted. */
export function density(points: Points, size: Size, camera: Camera, side: number): Float32Array {
  const columns = Math.ceil(size.width / side);
  const counts = new Float32Array(columns * Math.ceil(size.height / side));
  for (let row = 0; row < points.x.length; row++) {
    if (points.states[row] === HIDDEN || points.states[row] === DIMMED) continue;
    const left = size.width / 2 + ((points.x[row] as number) - camera.x) * camera.scale;
    const top = size.height / 2 - ((points.y[row] as number) - camera.y) * camera.scale;
    if (!(left >= 0 && left < size.width && top >= 0 && top < size.height)) continue;
    const cell = Math.floor(top / side) * columns + Math.floor(left / side);
    counts[cell] = (counts[cell] as number) + 1;
  }
  return counts;
}

/** Counts spread over their neighbours (1 2 1 in both directions, twice); the sum stays, edges aside. */
export function softened(counts: Float32Array, columns: number): Float32Array {
  let from = counts;
  for (const step of [1, columns, 1, columns]) {
    const to = new Float32Array(from.length);
    for (let at = 0; at < from.length; at++)
      to[at] = ((from[at - step] ?? 0) + 2 * (from[at] as number) + (from[at + step] ?? 0)) / 4;
    from = to;
  }
  return from;
}

/** Paints counts of cells as a smooth picture; its small canvas is kept. */
export class DensityPainter {
  readonly #paper = document.createElement("canvas");

  /** Paint over what is there; all sizes are of the canvas. */
  paint(
    context: CanvasRenderingContext2D,
    points: Points,
    size: Size,
    { camera, ratio }: { camera: Camera; ratio: number },
  ): void {
    const side = CELL * ratio;
    const columns = Math.ceil(size.width / side);
    const counts = softened(density(points, size, camera, side), columns);
    let most = 0;
    for (const count of counts) if (count > most) most = count;
    const table = packedColours("viridis");
    const colours = new Uint32Array(counts.length);
    const whole = 1 / Math.log1p(most || 1);
    for (let at = 0; at < counts.length; at++) {
      const count = counts[at] as number;
      if (count <= 0) continue;
      const share = Math.log1p(count) * whole;
      const colour = table[Math.round(255 * share)] as number;
      const alpha = Math.min(255, Math.round(255 * Math.min(1, 3 * share)));
      colours[at] = packed(colour & 255, (colour >> 8) & 255, (colour >> 16) & 255, alpha);
    }
    const rows = counts.length / columns;
    // The counts were softened: between them straight lines are smooth enough, and quick.
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "low";
    context.drawImage(canvasOf(colours, columns, rows, this.#paper), 0, 0, columns * side, rows * side);
  }
}
