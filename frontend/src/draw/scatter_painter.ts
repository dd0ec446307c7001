/** Paints a scatter plot on a canvas: all points, or a picture for each cell that holds several, or how dense they lie. */

import type { Camera, Size } from "./scatter_camera";
import { type CellPicture, cellSide, representatives } from "./scatter_choice";
import { DensityPainter } from "./scatter_density";
import { blit, fillRect, frameRect, inkTable, type Stamp, stampOf, type Thumb } from "./scatter_pictures";
import { CHOSEN, HIDDEN, type Points, paintPoints } from "./scatter_points";

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
const MOST_INKS = 512;

export class ScatterPainter {
  readonly #canvas: HTMLCanvasElement;
  readonly #density = new DensityPainter();
  #image = new ImageData(1, 1);
  #pixels = new Uint32Array(this.#image.data.buffer);
  #stamps = new Map<number, Stamp>();
  #stampSide = 0;
  #stampsOf: Scatter["thumb"] | null = null;
  /** Colours of shares of ink, by ink and ground. */
  #inks = new Map<string, Uint32Array>();
  /** Cell and state of each point: used again at each painting. */
  #cells = new Int32Array(0);
  #states = new Uint8Array(0);
  /** Pictures of the last painting, CSS pixels. */
  painted: readonly Painted[] = [];

  constructor(canvas: HTMLCanvasElement) {
    this.#canvas = canvas;
  }

  /** Paint; gives the rows whose pictures were wished for but are not here. */
  paint(scatter: Scatter): number[] {
    const { ratio, inks, draw } = scatter;
    const size = this.#fit(scatter.size, ratio);
    const camera = { ...scatter.camera, scale: scatter.camera.scale * ratio };
    const pixels = this.#pixels;
    pixels.fill(inks.ground);
    this.painted = [];
    const wished: number[] = [];
    let { points } = scatter;
    if (draw === "images") points = this.#pictures(scatter, size, camera, wished);
    if (draw !== "density") {
      const small = points.x.length > MANY ? 1 : 2;
      // Below the screen's own resolution a pixel is a point already.
      const radius = ratio < 1 ? Math.floor(small * ratio) : Math.round(small * ratio);
      paintPoints(points, { pixels, size, camera, radius, ...inks });
    }
    const context = this.#canvas.getContext("2d");
    context?.setTransform(1, 0, 0, 1, 0, 0);
    context?.putImageData(this.#image, 0, 0);
    if (draw === "density" && context) this.#density.paint(context, points, size, { camera, ratio });
    return wished;
  }

  #fit(size: Size, ratio: number): Size {
    const width = Math.max(1, Math.round(size.width * ratio));
    const height = Math.max(1, Math.round(size.height * ratio));
    if (this.#image.width !== width || this.#image.height !== height) {
      this.#canvas.width = width;
      this.#canvas.height = height;
      this.#image = new ImageData(width, height);
      this.#pixels = new Uint32Array(this.#image.data.buffer);
    }
    return { width, height };
  }

  /** Paint pictures; gives the points that are left to be painted. */
  #pictures(scatter: Scatter, size: Size, camera: Camera, wished: number[]): Points {
    const { points, ratio, fewest, least } = scatter;
    const asked = CELL * ratio;
    const side = cellSide(camera, asked, least);
    if (side < SMALLEST * ratio) return points;
    if (this.#cells.length !== points.x.length) {
      this.#cells = new Int32Array(points.x.length);
      this.#states = new Uint8Array(points.x.length);
    }
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
      this.#picture(scatter, size, cell, thumb, side);
      pictured[cell.cell] = 1;
      painted.push({ ...cell, left: cell.left / ratio, top: cell.top / ratio, side: side / ratio });
    }
    this.painted = painted;
    const states = this.#states;
    for (let row = 0; row < states.length; row++)
      states[row] = pictured[this.#cells[row] as number] ? HIDDEN : (points.states[row] as number);
    return { ...points, states };
  }

  #picture(scatter: Scatter, size: Size, { row, left, top }: CellPicture, thumb: Thumb, side: number): void {
    const { points, inks, ratio } = scatter;
    const pixels = this.#pixels;
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
    blit(pixels, size, stamp, at, scatter.asInk ? this.#inksOf(ground, colour) : null);
    const { width, height } = stamp;
    const line = 2 * gap;
    if (!scatter.asInk && scatter.marked)
      fillRect(pixels, size, { ...at, top: at.top + height - line, width, height: line }, colour);
    if (points.ringed?.[row]) frameRect(pixels, size, { ...at, width, height }, gap, inks.ring);
  }

  #inksOf(ground: number, ink: number): Uint32Array {
    const name = `${ground}|${ink}`;
    let table = this.#inks.get(name);
    if (!table) {
      // A colour for each value of a scale, twice over: more means that the theme or the palette changed.
      if (this.#inks.size > MOST_INKS) this.#inks.clear();
      table = inkTable(ground, ink);
      this.#inks.set(name, table);
    }
    return table;
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
}
