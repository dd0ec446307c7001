/** How a channel answers to the classes: their means, in order, and one number for it. */

export interface ClassMean {
  target: number;
  mean: number;
}

/** Classes by their mean, the highest first; those without images (NaN) are left out. */
export function ranked(means: ArrayLike<number>): ClassMean[] {
  return Array.from(means, (mean, target) => ({ target, mean }))
    .filter(({ mean }) => Number.isFinite(mean))
    .sort((a, b) => b.mean - a.mean || a.target - b.target);
}

/**
 * Class selectivity index (Morcos et al. 2018, https://arxiv.org/abs/1803.06959): (m − r) / (m + r).
 *
 * m is the highest class mean and r the mean of the others; 0: all classes alike, 1: one class alone. null with fewer
 * than two classes, and where a mean is negative, for which it is not defined.
 */
export function selectivityIndex(order: readonly ClassMean[]): number | null {
  const [first, ...others] = order.map(({ mean }) => mean);
  if (first === undefined || others.length === 0 || others.some((mean) => mean < 0)) return null;
  const rest = others.reduce((sum, mean) => sum + mean, 0) / others.length;
  return first + rest > 0 ? (first - rest) / (first + rest) : null;
}

/** Means over the classes from a value an image; NaN for a class without any, and for images without a label. */
export function meansByClass(values: Float32Array, labels: Int32Array, classes: number): Float32Array {
  const sums = new Float64Array(classes);
  const counts = new Float64Array(classes);
  for (let row = 0; row < values.length; row++) {
    const label = labels[row] ?? -1;
    const value = values[row] as number;
    if (label < 0 || label >= classes || !Number.isFinite(value)) continue;
    sums[label] = (sums[label] as number) + value;
    counts[label] = (counts[label] as number) + 1;
  }
  return Float32Array.from(sums, (sum, label) => sum / (counts[label] as number));
}

/** Where a value stands on a bar between the ends, 0…1; zero is inside. */
export function barOf(value: number, all: readonly ClassMean[]): { left: number; width: number } {
  const low = Math.min(0, ...all.map(({ mean }) => mean));
  const high = Math.max(0, ...all.map(({ mean }) => mean));
  const span = high - low || 1;
  const [from, to] = value < 0 ? [value, 0] : [0, value];
  return { left: (from - low) / span, width: (to - from) / span };
}
