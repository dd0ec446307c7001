/**
 * A scatter plot as packed pixels. Writing 100,000 points of 3 × 3 pixels takes a few milliseconds, everywhere alike:
 * no graphics card, no shader, no context that can be lost.
 */

import type { Camera, Places, Size } from "./scatter_camera";

/** How a point is drawn: left out, in the background, as it is, or in front with a rim. */
export const HIDDEN = 0;
export const DIMMED = 1;
export const SHOWN = 2;
export const CHOSEN = 3;

export interface Points extends Places {
  /** Packed colour of each point. */
  colours: Uint32Array;
  /** HIDDEN … CHOSEN of each point. */
  states: Uint8Array;
  /** Points with a ring around them: what is wrong is not told by its colour alone. */
  ringed?: Uint8Array | null;
  /** Rows in the order they are drawn: shuffled, or the class that comes last would cover the others. */
  order: Uint32Array;
}

export interface Paint {
  pixels: Uint32Array;
  size: Size;
  camera: Camera;
  /** Half the side of a point, px: 1 gives 3 × 3. */
  radius: number;
  /** Packed colours of what is dimmed, of the rim of what is chosen, and of rings. */
  dimmed: number;
  rim: number;
  ring: number;
}

/** Draw all points into cleared pixels: dimmed ones first, chosen ones last. */
export function paintPoints(points: Points, paint: Paint): void {
  const { states } = points;
  for (const state of [DIMMED, SHOWN, CHOSEN]) if (states.includes(state)) paintState(points, paint, state);
}

function paintState(points: Points, paint: Paint, state: number): void {
  const { x, y, colours, states, order, ringed } = points;
  const { pixels, size, dimmed, rim, ring } = paint;
  const { width, height } = size;
  const { x: middle, y: level, scale } = paint.camera;
  const radius = state === CHOSEN ? paint.radius + 1 : paint.radius;
  const core = offsetsOf(radius, -1, width);
  const edge = offsetsOf(radius + 1, radius, width);
  const [across, down] = [width / 2, height / 2];
  const around = state === CHOSEN ? rim : ring;
  for (let turn = 0; turn < order.length; turn++) {
    const row = order[turn] as number;
    if (states[row] !== state) continue;
    const left = Math.round(across + ((x[row] as number) - middle) * scale);
    const top = Math.round(down - ((y[row] as number) - level) * scale);
    // NaN fails this too.
    if (!(left > -radius && left < width + radius && top > -radius && top < height + radius)) continue;
    const colour = state === DIMMED ? dimmed : (colours[row] as number);
    const hasEdge = state === CHOSEN || (state === SHOWN && ringed?.[row] === 1);
    const far = radius + 1;
    if (left >= far && left < width - far && top >= far && top < height - far) {
      const at = top * width + left;
      for (let i = 0; i < core.length; i++) pixels[at + (core[i] as number)] = colour;
      if (hasEdge) for (let i = 0; i < edge.length; i++) pixels[at + (edge[i] as number)] = around;
    } else {
      if (hasEdge) disc(pixels, size, left, top, far, around);
      disc(pixels, size, left, top, radius, colour);
    }
  }
}

/** Where the pixels of a disc lie from its middle in pixels `width` wide, without those of a smaller one. */
function offsetsOf(radius: number, without: number, width: number): Int32Array {
  const halves = spansOf(radius);
  const inner = without < 0 ? null : spansOf(without);
  const found: number[] = [];
  for (let down = -radius; down <= radius; down++) {
    const half = halves[down + radius] as number;
    const hole = inner?.[down + without] ?? -1;
    for (let right = -half; right <= half; right++)
      if (Math.abs(right) > hole) found.push(down * width + right);
  }
  return Int32Array.from(found);
}

const spans = new Map<number, Int32Array>();

/** Half the width of each line of a disc, from the top down. */
function spansOf(radius: number): Int32Array {
  let halves = spans.get(radius);
  if (!halves) {
    const outer = (radius + 0.5) ** 2;
    halves = Int32Array.from({ length: 2 * radius + 1 }, (_, line) =>
      Math.floor(Math.sqrt(outer - (line - radius) ** 2)),
    );
    spans.set(radius, halves);
  }
  return halves;
}

function disc(
  pixels: Uint32Array,
  { width, height }: Size,
  left: number,
  top: number,
  radius: number,
  colour: number,
): void {
  const halves = spansOf(radius);
  for (let down = -radius; down <= radius; down++) {
    const line = top + down;
    if (line < 0 || line >= height) continue;
    const half = halves[down + radius] as number;
    const start = line * width;
    const to = start + Math.min(width - 1, left + half);
    // A loop: for a few pixels it is quicker than fill.
    for (let at = start + Math.max(0, left - half); at <= to; at++) pixels[at] = colour;
  }
}

/** A shuffle of 0 … count − 1 that is the same each time. */
export function shuffled(count: number): Uint32Array {
  const order = Uint32Array.from({ length: count }, (_, row) => row);
  let seed = 0x9e3779b9;
  for (let last = count - 1; last > 0; last--) {
    // xorshift32: the same everywhere, and good enough to mix classes.
    seed ^= seed << 13;
    seed ^= seed >>> 17;
    seed ^= seed << 5;
    const other = (seed >>> 0) % (last + 1);
    [order[last], order[other]] = [order[other] as number, order[last] as number];
  }
  return order;
}
