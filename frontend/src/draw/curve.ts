/** Geometry of a small line chart over steps. */

export interface CurveBox {
  width: number;
  height: number;
}

export interface Curve {
  /** One SVG points list for each stretch without gaps. */
  stretches: string[];
  dots: { x: number; y: number; index: number }[];
  /** Ends of the vertical scale. */
  low: number;
  high: number;
  /** Vertical place of a value. */
  y: (value: number) => number;
}

/**
 * Place a series in a box; the lowest value sits at the bottom edge. Zero is in the scale; a value that is not
 * finite leaves a gap.
 *
 * @param places horizontal place of each value, 0…1.
 * @param bounds vertical scale; by default the finite values and zero.
 */
export function curveOf(
  places: ArrayLike<number>,
  values: ArrayLike<number>,
  box: CurveBox,
  bounds?: { low: number; high: number },
): Curve {
  const { low, high } = bounds ?? boundsOf([values]);
  const span = high - low || 1;
  const y = (value: number) => round(box.height - ((value - low) / span) * box.height);
  const stretches: string[][] = [[]];
  const dots: Curve["dots"] = [];
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (!Number.isFinite(value)) {
      if (stretches.at(-1)?.length) stretches.push([]);
      continue;
    }
    const dot = { x: round((places[index] as number) * box.width), y: y(value), index };
    dots.push(dot);
    stretches.at(-1)?.push(`${dot.x},${dot.y}`);
  }
  return { stretches: stretches.filter((s) => s.length > 1).map((s) => s.join(" ")), dots, low, high, y };
}

/** One vertical scale for several series, zero included. */
export function boundsOf(series: readonly ArrayLike<number>[]): { low: number; high: number } {
  const bounds = { low: 0, high: 0 };
  for (const values of series) {
    for (let index = 0; index < values.length; index++) {
      const value = values[index] as number;
      if (!Number.isFinite(value)) continue;
      bounds.low = Math.min(bounds.low, value);
      bounds.high = Math.max(bounds.high, value);
    }
  }
  return bounds;
}

/** Horizontal places 0…1 of steps on a square-root axis, where the first steps of a training have room. */
export function stepPlaces(steps: readonly number[], scale: "sqrt" | "linear" = "sqrt"): number[] {
  const first = steps[0] ?? 0;
  const span = (steps.at(-1) ?? 0) - first;
  if (span <= 0) return steps.map(() => 1);
  return steps.map((step) => {
    const share = (step - first) / span;
    return scale === "sqrt" ? Math.sqrt(share) : share;
  });
}

/** Index of the place nearest to x (0…1); -1 if there is none. */
export function nearestIndex(places: readonly number[], x: number): number {
  let best = -1;
  for (let index = 0; index < places.length; index++) {
    const distance = Math.abs((places[index] as number) - x);
    if (best < 0 || distance < Math.abs((places[best] as number) - x)) best = index;
  }
  return best;
}

function round(value: number): number {
  return Math.round(value * 10) / 10;
}
