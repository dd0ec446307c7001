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
  const sums = values.map((value) => (Number.isFinite(value) ? value : 0));
  const shares = values.map((value) => (Number.isFinite(value) ? 1 : 0));
  for (const plane of [sums, shares]) {
    along(plane, { lines: height, length: width, line: width, step: 1 }, weights);
    along(plane, { lines: width, length: height, line: 1, step: width }, weights);
  }
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

/** Weigh each value with its neighbours along one direction, in place. */
function along(plane: Float32Array, { lines, length, line, step }: Lines, weights: Float32Array): void {
  const reach = weights.length - 1;
  const before = new Float32Array(length);
  for (let number = 0; number < lines; number++) {
    const start = number * line;
    for (let at = 0; at < length; at++) before[at] = plane[start + at * step] as number;
    for (let at = 0; at < length; at++) {
      let sum = (before[at] as number) * (weights[0] as number);
      for (let away = 1; away <= reach; away++) {
        const weight = weights[away] as number;
        if (at >= away) sum += (before[at - away] as number) * weight;
        if (at + away < length) sum += (before[at + away] as number) * weight;
      }
      plane[start + at * step] = sum;
    }
  }
}

/** A smoothing that keeps a map's detail in view: about a hundredth of its side; none for small pictures. */
export function fittingSigma(size: { width: number; height: number }): number {
  return Math.floor(Math.max(size.width, size.height) / 112);
}
