/** Several answers at once, each shown as soon as it is there. */

import { useEffect, useReducer, useRef } from "preact/hooks";
import type { Ask } from "../../api/client";

export interface Answers<T> {
  /** One entry an ask, in order: undefined until it is there, or where it failed. */
  values: readonly (T | undefined)[];
  /** These are the answers before, of the same identity: dim them. */
  pending: boolean;
}

/** With an `identity` the answers before stay until all new ones of the same identity are there. */
export function useAll<T>(asks: readonly Ask<T>[], identity: string | null = null): Answers<T> {
  const [, redraw] = useReducer((count: number) => count + 1, 0);
  const settled = useRef<Set<string>>(new Set());
  const before = useRef<{ identity: string; values: readonly (T | undefined)[] } | null>(null);
  const name = asks.map((ask) => ask.address).join("\n");
  useEffect(() => {
    const controller = new AbortController();
    settled.current = new Set();
    let isWaiting = false;
    const landed = (address: string): void => {
      if (controller.signal.aborted) return;
      settled.current.add(address);
      // Answers that land together are drawn together.
      if (isWaiting) return;
      isWaiting = true;
      queueMicrotask(() => {
        isWaiting = false;
        if (!controller.signal.aborted) redraw(undefined);
      });
    };
    for (const ask of asks) {
      const done = () => landed(ask.address);
      if (ask.peek() === undefined) ask.load({ signal: controller.signal, ahead: true }).then(done, done);
    }
    return () => controller.abort();
  }, [name]);
  const values = asks.map((ask) => ask.peek());
  const isThere = asks.every((ask, at) => values[at] !== undefined || settled.current.has(ask.address));
  if (isThere && identity !== null) before.current = { identity, values };
  const kept = before.current;
  if (!isThere && kept && kept.identity === identity) return { values: kept.values, pending: true };
  return { values, pending: false };
}
