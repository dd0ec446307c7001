/** Several answers at once, each shown as soon as it is there. */

import { useEffect, useReducer, useRef, useState } from "preact/hooks";
import type { Ask } from "../../api/client";

export interface Answers<T> {
  /** One entry an ask, in order: undefined until it is there, or where it failed. */
  values: readonly (T | undefined)[];
  /** These are the answers before, of the same identity: dim them. */
  pending: boolean;
  /** Of the first that failed. */
  error: Error | undefined;
  retry: () => void;
}

/** With an `identity` the answers before stay until all new ones of the same identity are there. */
export function useAll<T>(asks: readonly Ask<T>[], identity: string | null = null): Answers<T> {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const [attempt, setAttempt] = useState(0);
  const failed = useRef(new Map<string, Error>());
  const before = useRef<{ identity: string; values: readonly (T | undefined)[] } | null>(null);
  const name = asks.map((ask) => ask.address).join("\n");
  useEffect(() => {
    const controller = new AbortController();
    failed.current = new Map();
    let isWaiting = false;
    const landed = (): void => {
      // Answers that land together are drawn together.
      if (isWaiting || controller.signal.aborted) return;
      isWaiting = true;
      queueMicrotask(() => {
        isWaiting = false;
        if (!controller.signal.aborted) redraw(undefined);
      });
    };
    for (const ask of asks) {
      if (ask.peek() !== undefined) continue;
      ask.load({ signal: controller.signal, ahead: true }).then(landed, (error: unknown) => {
        failed.current.set(ask.address, error instanceof Error ? error : new Error(String(error)));
        landed();
      });
    }
    return () => controller.abort();
  }, [name, attempt]);
  const values = asks.map((ask) => ask.peek());
  const error = failed.current.values().next().value;
  const retry = () => setAttempt(attempt + 1);
  const isThere = asks.every((ask, at) => values[at] !== undefined || failed.current.has(ask.address));
  if (isThere && identity !== null) before.current = { identity, values };
  const kept = before.current;
  if (!isThere && kept && kept.identity === identity)
    return { values: kept.values, pending: true, error, retry };
  return { values, pending: false, error, retry };
}
