/** Ranges of values, and how they are chosen for drawing. A range drawn always holds zero. */

export interface ValueRange {
  low: number;
  high: number;
}

/** The range to draw values low…high in: with zero inside, or symmetric around it. */
export function drawnRange(values: ValueRange, diverging: boolean): ValueRange {
  const low = Number.isFinite(values.low) ? values.low : 0;
  const high = Number.isFinite(values.high) ? values.high : 0;
  if (!diverging) return { low: Math.min(0, low), high: Math.max(0, high) };
  const bound = Math.max(Math.abs(low), Math.abs(high));
  return { low: -bound, high: bound };
}

/** The smallest range that holds all: one picture's `low` and `high` each, non-finite ends left out. */
export function commonRange(low: ArrayLike<number>, high: ArrayLike<number>): ValueRange {
  const range = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
  for (let index = 0; index < low.length; index++) {
    const [bottom, top] = [low[index] as number, high[index] as number];
    if (Number.isFinite(bottom)) range.low = Math.min(range.low, bottom);
    if (Number.isFinite(top)) range.high = Math.max(range.high, top);
  }
  return range.low <= range.high ? range : { low: 0, high: 0 };
}

/** Smallest and largest finite value; {0, 0} when there is none. */
export function finiteRange(values: ArrayLike<number>): ValueRange {
  const range = { low: Number.POSITIVE_INFINITY, high: Number.NEGATIVE_INFINITY };
  for (let index = 0; index < values.length; index++) {
    const value = values[index] as number;
    if (!Number.isFinite(value)) continue;
    if (value < range.low) range.low = value;
    if (value > range.high) range.high = value;
  }
  return range.low <= range.high ? range : { low: 0, high: 0 };
}

/**
 * Range whose bound leaves (100 - percent) % of the magnitudes outside; zero stays inside, or in the middle.
 *
 * Heavy-tailed maps (a gradient) show nothing on their full range: one pixel takes it all.
 */
export function percentileRange(values: ArrayLike<number>, percent: number, diverging: boolean): ValueRange {
  const full = drawnRange(finiteRange(values), diverging);
  if (percent >= 100) return full;
  const magnitudes = sortedMagnitudes(values);
  if (magnitudes.length === 0) return full;
  const index = Math.ceil((percent / 100) * magnitudes.length) - 1;
  const bound = magnitudes[Math.max(0, index)] as number;
  if (bound === 0) return full;
  return { low: Math.max(full.low, -bound), high: Math.min(full.high, bound) };
}

/** |value| of the finite values, ascending. */
function sortedMagnitudes(values: ArrayLike<number>): Float64Array {
  const magnitudes = new Float64Array(values.length);
  let count = 0;
  for (let at = 0; at < values.length; at++) {
    const magnitude = Math.abs(values[at] as number);
    if (Number.isFinite(magnitude)) magnitudes[count++] = magnitude;
  }
  return magnitudes.subarray(0, count).sort();
}
