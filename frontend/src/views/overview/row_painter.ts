/** The cells of the overview's table: one layer's quantity over all captures, drawn on a small canvas. */

import { packedColours } from "../../draw/colour_map";

export interface CellBox {
  width: number;
  height: number;
}

/** Where each capture's stretch begins and ends, in pixels: half-way to its neighbours. */
export function stretches(places: readonly number[], width: number): [number, number][] {
  return places.map((place, i) => {
    const before = places[i - 1];
    const after = places[i + 1];
    const from = before === undefined ? 0 : ((before + place) / 2) * width;
    const to = after === undefined ? width : ((place + after) / 2) * width;
    return [Math.round(from), Math.max(Math.round(to), Math.round(from) + 1)];
  });
}

/** Shares 0…1 as colours; a capture without a value stays empty. */
export function paintHeat(
  context: CanvasRenderingContext2D,
  values: readonly number[],
  places: readonly number[],
  box: CellBox,
): void {
  const colours = packedColours("viridis");
  stretches(places, box.width).forEach(([from, to], i) => {
    const value = values[i] as number;
    if (Number.isNaN(value)) return;
    const colour = colours[Math.round(Math.min(Math.max(value, 0), 1) * 255)] as number;
    context.fillStyle = `rgb(${colour & 255} ${(colour >> 8) & 255} ${(colour >> 16) & 255})`;
    context.fillRect(from, 0, to - from, box.height);
  });
}

/** Vertical place 0 (bottom) … 1 (top) of values on the row's own scale. */
export function rowScale(values: readonly number[], isLog: boolean): (value: number) => number {
  const bend = (value: number): number => (isLog ? Math.log10(value) : value);
  const known = values.filter((value) => Number.isFinite(bend(value))).map(bend);
  const high = Math.max(...known);
  const low = isLog ? Math.min(...known) : Math.min(0, ...known);
  return (value) => (high > low ? (bend(value) - low) / (high - low) : 0.5);
}

/** A line through the finite values, broken where there is none. */
export function paintLine(
  context: CanvasRenderingContext2D,
  values: readonly number[],
  places: readonly number[],
  box: CellBox & { ink: string; isLog: boolean },
): void {
  const scale = rowScale(values, box.isLog);
  context.beginPath();
  let isPen = false;
  values.forEach((value, i) => {
    const y = box.height - 1.5 - scale(value) * (box.height - 3);
    if (!Number.isFinite(y)) {
      isPen = false;
      return;
    }
    const x = (places[i] as number) * box.width;
    if (isPen) context.lineTo(x, y);
    else context.moveTo(x, y);
    isPen = true;
  });
  context.strokeStyle = box.ink;
  context.lineWidth = 1;
  context.stroke();
}

/** Counts as filled steps from the bottom, up to `most`; any count above zero is seen. */
export function paintSteps(
  context: CanvasRenderingContext2D,
  values: readonly number[],
  places: readonly number[],
  box: CellBox & { ink: string; most: number },
): void {
  context.fillStyle = box.ink;
  stretches(places, box.width).forEach(([from, to], i) => {
    const value = values[i] as number;
    if (!(value > 0)) return;
    const height = Math.max(2, (Math.min(value, box.most) / box.most) * box.height);
    context.fillRect(from, box.height - height, to - from, height);
  });
}
