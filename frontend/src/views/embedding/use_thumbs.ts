/** The scene's small pictures, for a column that shows some of them. */

import { useEffect, useReducer } from "preact/hooks";
import type { Client } from "../../api/client";
import { type Thumbs, thumbsOf } from "./thumbs";
import type { Scene } from "./use_scene";

export function sceneThumbs(client: Client, { index, subjects }: Scene): Thumbs {
  return thumbsOf(client, index.name, { ...subjects, examples: index.examples?.digest ?? "" });
}

/** Fetch these and draw again when they have come. */
export function useThumbs(thumbs: Thumbs, rows: readonly number[]): void {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  useEffect(() => thumbs.listen(() => redraw(undefined)), [thumbs]);
  useEffect(() => thumbs.wantAlso(rows), [thumbs, rows.join()]);
}
