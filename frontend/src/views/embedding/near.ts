/** Nearest images of the one chosen, asked for anew with each choice; an answer that comes late is dropped. */

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { Client } from "../../api/client";
import type { NeighboursAnswer } from "../../api/contract";
import type { Held, Nearness } from "../../api/layouts";

/** The nearest by features, drawn on the map too. */
export const near = signal<readonly number[]>([]);

/** The image whose neighbours by features are here, or failed: those by pixels are then asked for. */
export const answered = signal<number | null>(null);

interface Found {
  value: NeighboursAnswer | null;
  error: Error | null;
  retry: () => void;
}

const NOTHING = { name: "", value: null, error: null };

export interface Wish {
  row: number;
  by: Nearness;
  k: number;
  /** Asked for yet? */
  isDue: boolean;
}

export function useNeighbours(client: Client, held: Held, { row, by, k, isDue }: Wish): Found {
  const [attempt, setAttempt] = useState(0);
  const name = JSON.stringify([held, row, by, k]);
  const [landed, setLanded] = useState<{
    name: string;
    value: NeighboursAnswer | null;
    error: Error | null;
  }>(NOTHING);
  useEffect(() => {
    if (!isDue) return;
    const controller = new AbortController();
    client.layouts.neighbours(held, { row, k, by }, controller.signal).then(
      (value) => setLanded({ name, value, error: null }),
      (error: unknown) => {
        if (controller.signal.aborted) return;
        setLanded({ name, value: null, error: error instanceof Error ? error : new Error(String(error)) });
      },
    );
    return () => controller.abort();
  }, [name, attempt, isDue]);
  const own = landed.name === name ? landed : NOTHING;
  return { value: own.value, error: own.error, retry: () => setAttempt(attempt + 1) };
}
