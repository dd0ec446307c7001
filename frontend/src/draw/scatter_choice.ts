/** Which points: nearest to the pointer, inside a lasso, and the one that stands for its cell. */

import type { Camera, Size } from "./scatter_camera";
import { DIMMED, HIDDEN, type Points } from "./scatter_points";

/** The row of the nearest point within `reach` pixels, or null; dimmed ones count only where no other is near. */
export function pointAt(
  points: Points,
  size: Size,
  camera: Camera,
  at: { left: number; top: number },
  reach = 12,
): number | null {
  const x = camera.x + (at.left - size.width / 2) / camera.scale;
  const y = camera.y - (at.top - size.height / 2) / camera.scale;
  const most = (reach / camera.scale) ** 2;
  const best = [most, most];
  const found: [number | null, number | null] = [null, null];
  for (let row = 0; row < points.x.length; row++) {
    const state = points.states[row];
    if (state === HIDDEN) continue;
    const away = ((points.x[row] as number) - x) ** 2 + ((points.y[row] as number) - y) ** 2;
    const which = state === DIMMED ? 1 : 0;
    if (away < (best[which] as number)) {
      best[which] = away;
      found[which] = row;
    }
  }
  return found[0] ?? found[1];
}

/** A closed line in places: x, y, x, y, … */
export type Lasso = readonly number[];

/** 1 for every point inside the line (even–odd rule); points left out are never inside. */
export function inside(points: Points, lasso: Lasso): Uint8Array {
  const chosen = new Uint8Array(points.x.length);
  const corners = lasso.length / 2;
  if (corners < 3) return chosen;
  const across = lasso.filter((_, index) => index % 2 === 0);
  const up = lasso.filter((_, index) => index % 2 === 1);
  const box = [Math.min(...across), Math.max(...across), Math.min(...up), Math.max(...up)] as const;
  for (let row = 0; row < chosen.length; row++) {
    const x = points.x[row] as number;
    const y = points.y[row] as number;
    const near = x >= box[0] && x <= box[1] && y >= box[2] && y <= box[3];
    if (near && points.states[row] !== HIDDEN && isInside(lasso, corners, x, y)) chosen[row] = 1;
  }
  return chosen;
}

function isInside(lasso: Lasso, corners: number, x: number, y: number): boolean {
  let within = false;
  for (let one = 0, before = corners - 1; one < corners; before = one++) {
    const ax = lasso[2 * one] as number;
    const ay = lasso[2 * one + 1] as number;
    const bx = lasso[2 * before] as number;
    const by = lasso[2 * before + 1] as number;
    if (ay > y !== by > y && x < ((bx - ax) * (y - ay)) / (by - ay) + ax) within = !within;
  }
  return within;
}

/** 1 for every point on the plot that is neither left out nor dimmed. */
export function rowsInSight(points: Points, size: Size, camera: Camera): Uint8Array {
  const [across, up] = [size.width / 2 / camera.scale, size.height / 2 / camera.scale];
  return points.states.map((state, row) => {
    const right = Math.abs((points.x[row] as number) - camera.x);
    const above = Math.abs((points.y[row] as number) - camera.y);
    return state !== HIDDEN && state !== DIMMED && right <= across && above <= up ? 1 : 0;
  });
}

export interface CellPicture {
  row: number;
  /** Number of the cell, as `into` has it. */
  cell: number;
  /** How many points the cell holds. */
  count: number;
  /** The cell's corner, px. */
  left: number;
  top: number;
}

/**
 * One point for each cell of about `side` pixels that holds any: the first in drawing order.
 *
 * Cells are fixed in the places, and their side there is a power of two, so the choice stays while the plot is moved,
 * and a nearer look keeps the pictures it had and adds others.
 *
 * @param least smallest side of a cell, in places: 1 for a grid whose images have whole places of their own.
 * @param into takes the cell of each point, −1 where it is out of sight.
 */
export function representatives(
  points: Points,
  size: Size,
  camera: Camera,
  side: number,
  least = 0,
  into: Int32Array | null = null,
): CellPicture[] {
  const cell = cellOf(camera, side, least);
  const leftmost = Math.floor((camera.x - size.width / 2 / camera.scale) / cell) - 1;
  const lowest = Math.floor((camera.y - size.height / 2 / camera.scale) / cell) - 1;
  const columns = Math.ceil(size.width / camera.scale / cell) + 3;
  const rows = Math.ceil(size.height / camera.scale / cell) + 3;
  const first = new Int32Array(columns * rows).fill(-1);
  const counts = new Int32Array(columns * rows);
  const { x, y, states, order } = points;
  into?.fill(-1);
  for (let turn = 0; turn < order.length; turn++) {
    const row = order[turn] as number;
    const state = states[row];
    if (state === HIDDEN) continue;
    const across = Math.floor((x[row] as number) / cell) - leftmost;
    const up = Math.floor((y[row] as number) / cell) - lowest;
    // NaN fails this too.
    if (!(across >= 0 && across < columns && up >= 0 && up < rows)) continue;
    const at = up * columns + across;
    if (into) into[row] = at;
    if (state === DIMMED) continue;
    if (counts[at] === 0) first[at] = row;
    counts[at] = (counts[at] as number) + 1;
  }
  const found: CellPicture[] = [];
  for (let at = 0; at < first.length; at++) {
    if (counts[at] === 0) continue;
    const across = (at % columns) + leftmost;
    const up = Math.floor(at / columns) + lowest;
    found.push({
      row: first[at] as number,
      cell: at,
      count: counts[at] as number,
      left: size.width / 2 + (across * cell - camera.x) * camera.scale,
      top: size.height / 2 - ((up + 1) * cell - camera.y) * camera.scale,
    });
  }
  return found;
}

/** Side of a cell in places. */
function cellOf(camera: Camera, side: number, least: number): number {
  return Math.max(least, 2 ** Math.round(Math.log2(side / camera.scale)));
}

/** Side of a cell on the screen, px, between 0.7 and 1.4 times what was asked for, or more where `least` is. */
export function cellSide(camera: Camera, side: number, least = 0): number {
  return cellOf(camera, side, least) * camera.scale;
}

/** The nearest point in a direction (x to the right, y upwards) from one, or null: for the arrow keys. */
export function nextPoint(points: Points, from: number, direction: readonly [number, number]): number | null {
  const [x, y] = [points.x[from] as number, points.y[from] as number];
  let best: number | null = null;
  let least = Number.POSITIVE_INFINITY;
  for (let row = 0; row < points.x.length; row++) {
    const state = points.states[row];
    if (row === from || state === HIDDEN || state === DIMMED) continue;
    const right = (points.x[row] as number) - x;
    const up = (points.y[row] as number) - y;
    const along = right * direction[0] + up * direction[1];
    const across = Math.abs(right * direction[1] - up * direction[0]);
    // Within 45° of the direction; what lies aside counts double.
    if (!(along > 0 && across <= along) || along + across >= least) continue;
    least = along + across;
    best = row;
  }
  return best;
}
