/** Paints a scatter plot on a canvas: all points, or a picture for each cell that holds several, or how dense they lie. */

import { canvasOf } from "./canvas";
import { packed, packedColours } from "./colour_map";
import type { Camera, Size } from "./scatter_camera";
import { type CellPicture, cellSide, representatives } from "./scatter_choice";
import { blit, fillRect, frameRect, type Stamp, stampOf, type Thumb } from "./scatter_pictures";
import { CHOSEN, density, HIDDEN, type Points, paintPoints } from "./scatter_points";

/** Packed colours of the page's theme. */
export interface Inks {
  ground: number;
  dimmed: number;
  rim: number;
  ring: number;
  /** Behind pictures that are chosen. */
  chosen: number;
}

export interface Scatter {
  points: Points;
  /** CSS pixels. */
  size: Size;
  camera: Camera;
  /** Canvas pixels for a CSS pixel. */
  ratio: number;
  draw: "images" | "points" | "density";
  inks: Inks;
  thumb: (row: number) => Thumb | undefined;
  /** Pictures are drawn as ink in the colour of their point. */
  asInk: boolean;
  /** Pictures in their own colours have a bar under them in the colour of their point. */
  marked: boolean;
  /** A cell with fewer points keeps its points: 1 gives every cell a picture. */
  fewest: number;
  /** Smallest side of a cell in places; 0 for none. */
  least: number;
}

/** A picture as it was painted, CSS pixels. */
export interface Painted extends CellPicture {
  side: number;
}

const CELL = 30;
const SMALLEST = 6;
const LARGEST = 96;
/** Above so many points they are drawn smaller. */
const MANY = 20_000;
const HEAT_CELL = 4;

export class ScatterPainter {
  readonly #canvas: HTMLCanvasElement;
  #image = new ImageData(1, 1);
  #stamps = new Map<number, Stamp>();
  #stampSide = 0;
  #cells = new Int32Array(0);
  #stampsOf: Scatter["thumb"] | null = null;
  /** Pictures of the last painting, CSS pixels. */
  painted: readonly Painted[] = [];

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  /** Paint; gives the rows whose pictures were wished for but are not here. */
  paint(scatter: Scatter): number[] {
    const { ratio, inks } = scatter;
    const size = this.#fit(scatter.size, ratio);
    const camera = { ...scatter.camera, scale: scatter.camera.scale * ratio };
    const pixels = new Uint32Array(this.#image.data.buffer);
    pixels.fill(inks.ground);
    this.painted = [];
    const wished: number[] = [];
    let { points } = scatter;
    if (scatter.draw === "images") points = this.#pictures(scatter, pixels, size, camera, wished);
    if (scatter.draw !== "density") {
      const small = points.x.length > MANY ? 1 : 2;
      const radius = Math.max(1, Math.round(small * ratio));
      paintPoints(points, { pixels, size, camera, radius, ...inks });
    }
    const context = this.#canvas.getContext("2d");
    context?.setTransform(1, 0, 0, 1, 0, 0);
    context?.putImageData(this.#image, 0, 0);
    if (scatter.draw === "density" && context) this.#heat(scatter, context, size, camera);
    return wished;
  }

  #fit(size: Size, ratio: number): Size {
    const width = Math.max(1, Math.round(size.width * ratio));
    const height = Math.max(1, Math.round(size.height * ratio));
    if (this.#image.width !== width || this.#image.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
      this.#image = new ImageData(width, height);
    }
    return { width, height };
  }

  /** Paint pictures; gives the points that are left to be painted. */
  #pictures(scatter: Scatter, pixels: Uint32Array, size: Size, camera: Camera, wished: number[]): Points {
    const { points, ratio, fewest, least } = scatter;
    const asked = CELL * ratio;
    const side = cellSide(camera, asked, least);
    if (side < SMALLEST * ratio) return points;
    if (this.#cells.length !== points.x.length) this.#cells = new Int32Array(points.x.length);
    const cells = representatives(points, size, camera, asked, least, this.#cells);
    const pictured = new Uint8Array(1 + cells.reduce((most, { cell }) => Math.max(most, cell), -1));
    const painted: Painted[] = [];
    for (const cell of cells) {
      if (cell.count < fewest) continue;
      const thumb = scatter.thumb(cell.row);
      if (!thumb) {
        wished.push(cell.row);
        continue;
      }
      this.#picture(scatter, pixels, size, cell, thumb, side);
      pictured[cell.cell] = 1;
      painted.push({ ...cell, left: cell.left / ratio, top: cell.top / ratio, side: side / ratio });
    }
    this.painted = painted;
    const states = points.states.slice();
    for (let row = 0; row < states.length; row++)
      if (pictured[this.#cells[row] as number]) states[row] = HIDDEN;
    return { ...points, states };
  }

  #picture(
    scatter: Scatter,
    pixels: Uint32Array,
    size: Size,
    { row, left, top }: CellPicture,
    thumb: Thumb,
    side: number,
  ): void {
    const { points, inks, ratio } = scatter;
    const gap = Math.max(1, Math.round(ratio));
    const across = Math.floor(Math.min(side - 2 * gap, LARGEST * ratio));
    const isChosen = points.states[row] === CHOSEN;
    const ground = isChosen ? inks.chosen : inks.ground;
    const corner = { left: Math.round(left), top: Math.round(top) };
    if (isChosen)
      fillRect(pixels, size, { ...corner, width: Math.ceil(side), height: Math.ceil(side) }, ground);
    const stamp = this.#stamp(row, thumb, across, scatter.thumb);
    const colour = points.colours[row] as number;
    const at = {
      left: corner.left + Math.round((side - stamp.width) / 2),
      top: corner.top + Math.round((side - stamp.height) / 2),
    };
    blit(pixels, size, stamp, at, scatter.asInk ? colour : null, ground);
    const { width, height } = stamp;
    const line = 2 * gap;
    if (!scatter.asInk && scatter.marked)
      fillRect(pixels, size, { ...at, top: at.top + height - line, width, height: line }, colour);
    if (points.ringed?.[row]) frameRect(pixels, size, { ...at, width, height }, gap, inks.ring);
  }

  #stamp(row: number, thumb: Thumb, side: number, source: Scatter["thumb"]): Stamp {
    if (side !== this.#stampSide || source !== this.#stampsOf) this.#stamps.clear();
    this.#stampSide = side;
    this.#stampsOf = source;
    let stamp = this.#stamps.get(row);
    if (!stamp) {
      stamp = stampOf(thumb, side);
      this.#stamps.set(row, stamp);
    }
    return stamp;
  }

  #heat(scatter: Scatter, context: CanvasRenderingContext2D, size: Size, camera: Camera): void {
    const side = HEAT_CELL * scatter.ratio;
    const columns = Math.ceil(size.width / side);
    const counts = softened(density(scatter.points, size, camera, side), columns);
    let most = 0;
    for (const count of counts) if (count > most) most = count;
    const table = packedColours("viridis");
    const colours = new Uint32Array(counts.length);
    for (let at = 0; at < counts.length; at++) {
      const count = counts[at] as number;
      if (count <= 0) continue;
      const share = Math.log1p(count) / Math.log1p(most || 1);
      const colour = table[Math.round(255 * share)] as number;
      const alpha = Math.min(255, Math.round(255 * Math.min(1, 3 * share)));
      colours[at] = packed(colour & 255, (colour >> 8) & 255, (colour >> 16) & 255, alpha);
    }
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = "high";
    const rows = counts.length / columns;
    context.drawImage(canvasOf(colours, columns, rows), 0, 0, columns * side, rows * side);
  }
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
