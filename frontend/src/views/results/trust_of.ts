/** What a trust record says of one map: numbers and curves by their names. */

import type { Tensors } from "../../api/types";

/** The judgement of one example's map. */
export interface Trust {
  /** "changes with weights", "insensitive to weights" or "undecided", as the record says. */
  verdict: string;
  explanation: string;
  /** Rank correlation with the map of a net with layers drawn anew, one a list of layers; NaN where undefined. */
  correlations: { layers: string[]; rho: number }[];
  /** That of the first list, the last layer alone: the verdict goes by it. All layers anew spare no map. */
  rho: number;
  /** Areas under the curves, 0…1: deletion is better small, insertion large. */
  deletion: number;
  insertion: number;
  /** Those of pixels in random order. */
  randomDeletion: number;
  randomInsertion: number;
  /** Largest change of the map under small noise, over its norm; NaN where not measured. */
  sensitivity: number;
  /** Share of pixels taken away or put in, 0…1. */
  fraction: Float32Array;
  /** Probability of the target at each share. */
  deletionCurve: Float32Array;
  insertionCurve: Float32Array;
  /** The same of pixels in random order; [] where not measured. */
  randomDeletionCurve: Float32Array;
  randomInsertionCurve: Float32Array;
  /** What the curves are of: "probability of the class", or another. */
  value: string;
}

interface Given {
  arrays: Tensors["tensors"];
  facts: Record<string, unknown>;
}

/** Row `row` of a trust record; null when it has none. */
export function trustOf({ arrays, facts }: Given, row: number): Trust | null {
  const areas = rowOf(arrays, "areas", row);
  if (areas.length < 4) return null;
  const randomised = Array.isArray(facts.randomised) ? (facts.randomised as unknown[]) : [];
  const correlations = Array.from(rowOf(arrays, "rank_correlation", row), (rho, at) => {
    const layers = randomised[at];
    return {
      rho,
      layers: Array.isArray(layers) ? layers.map(String) : layers === undefined ? [] : [String(layers)],
    };
  });
  const verdict = textFact(facts, "verdict", row);
  const [deletion = 0, insertion = 0, randomDeletion = 0, randomInsertion = 0] = areas;
  return {
    verdict,
    explanation: textFact(facts, "explanation", row),
    correlations,
    rho: correlations[0]?.rho ?? Number.NaN,
    ...{ deletion, insertion, randomDeletion, randomInsertion },
    sensitivity: Number(arrays.sensitivity?.data[row] ?? Number.NaN),
    fraction: Float32Array.from(arrays.fraction?.data ?? []),
    deletionCurve: rowOf(arrays, "deletion", row),
    insertionCurve: rowOf(arrays, "insertion", row),
    randomDeletionCurve: rowOf(arrays, "random_deletion", row),
    randomInsertionCurve: rowOf(arrays, "random_insertion", row),
    value: textFact(facts, "value", row) || "probability of the target",
  };
}

/** One row of a (N, …) array; [] without it. */
function rowOf(arrays: Given["arrays"], name: string, row: number): Float32Array {
  const found = arrays[name];
  if (!found) return new Float32Array(0);
  const [count = 0] = found.shape;
  const size = count ? found.data.length / count : 0;
  return Float32Array.from(found.data.subarray(row * size, (row + 1) * size));
}

/** A text, or the row's among a list of them. */
function textFact(facts: Record<string, unknown>, name: string, row: number): string {
  const value = facts[name];
  const own = Array.isArray(value) ? value[row] : value;
  return typeof own === "string" ? own : "";
}
