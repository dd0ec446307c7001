/** Which steps a film of several kinds of pictures has. */

import { latestAtOrBefore } from "../../state/steps";

/** Every step that any of them has, ascending, each once. */
export function columnsOf(...kinds: readonly (readonly number[])[]): number[] {
  return [...new Set(kinds.flat())].sort((a, b) => a - b);
}

/** The column of the step looked at: the latest at or before it; null before the first. */
export function shownColumn(columns: readonly number[], wanted: number | null): number | null {
  return wanted === null ? null : (columns[latestAtOrBefore(columns, wanted)] ?? null);
}
