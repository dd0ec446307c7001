/** Gaussian smoothing of a map for the eye; values that are read stay the exact ones. */

/**
 * Smooth a picture with a Gaussian cut at 3 σ.
 *
 * Beyond the edge there is nothing: weights there are left out and the rest made to sum to one. A value that is no
 * number stays as it is and counts for nothing around it.
 *
 * @param sigma in pixels of the picture; 0 gives the values back.
 */
export function smoothed(
  values: Float32Array,
  size: { width: number; height: number },
  sigma: number,
): Float32Array {
  if (sigma <= 0) return values;
  const reach = Math.ceil(3 * sigma);
  const weights = Float32Array.from({ length: reach + 1 }, (_, at) =>
    Math.exp(-(at * at) / (2 * sigma * sigma)),
  );
  const { width, height } = size;
  const rows = { lines: height, length: width, line: width, step: 1 };
  const columns = { lines: width, length: height, line: 1, step: width };
  const isWhole = values.every(Number.isFinite);
  const sums = isWhole ? values.slice() : values.map((value) => (Number.isFinite(value) ? value : 0));
  for (const lines of [rows, columns]) along(sums, lines, weights, isWhole);
  if (isWhole) return sums;
  const shares = values.map((value) => (Number.isFinite(value) ? 1 : 0));
  for (const lines of [rows, columns]) along(shares, lines, weights, false);
  return values.map((value, at) =>
    Number.isFinite(value) ? (sums[at] as number) / (shares[at] as number) : value,
  );
}

interface Lines {
  lines: number;
  length: number;
  /** From one line's first value to the next one's, and from one value of a line to the next. */
  line: number;
  step: number;
}

/**
 * Weigh each value with its neighbours along one direction, in place.
 *
 * @param even divide by the sum of the weights that lie inside.
 */
function along(
  plane: Float32Array,
  { lines, length, line, step }: Lines,
  weights: Float32Array,
  even: boolean,
): void {
  const reach = weights.length - 1;
  // Zeros beyond both ends: no place needs a look at whether it is inside.
  const before = new Float32Array(length + 2 * reach);
  const scale = new Float32Array(length).fill(1);
  if (even)
    for (let at = 0; at < length; at++) {
      let sum = 0;
      for (let from = Math.max(0, at - reach); from <= Math.min(length - 1, at + reach); from++)
        sum += weights[Math.abs(at - from)] as number;
      scale[at] = 1 / sum;
    }
  for (let number = 0; number < lines; number++) {
    const start = number * line;
    for (let at = 0; at < length; at++) before[at + reach] = plane[start + at * step] as number;
    for (let at = 0; at < length; at++) {
      const centre = at + reach;
      let sum = (before[centre] as number) * (weights[0] as number);
      for (let away = 1; away <= reach; away++)
        sum +=
          ((before[centre - away] as number) + (before[centre + away] as number)) * (weights[away] as number);
      plane[start + at * step] = sum * (scale[at] as number);
    }
  }
}

/** A smoothing that keeps a map's detail in view: about a hundredth of its side; none for small pictures. */
export function fittingSigma(size: { width: number; height: number }): number {
  return Math.floor(Math.max(size.width, size.height) / 112);
}
