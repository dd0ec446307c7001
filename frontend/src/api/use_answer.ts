/** A Keeper as a hook: what a panel shows now, and whether that is what it asked for. */

import { useEffect, useMemo, useReducer, useState } from "preact/hooks";
import type { Ask } from "./client";
import { Keeper } from "./keeper";

/** Nothing below this is worth a skeleton. */
export const PATIENCE_MS = 150;

export interface Answer<T> {
  /** The newest answer there is; its own facts say which step it is of. */
  value: T | undefined;
  /** The address `value` answers. */
  address: string | undefined;
  /** What is shown is not yet what was asked for: dim it. */
  pending: boolean;
  /** Pending for longer than the eye forgives: a skeleton may be drawn. */
  late: boolean;
  error: Error | undefined;
  retry: () => void;
}

/** `ask` may be a new object on each render, its address is its identity; see Keeper.want for `identity`. */
export function useAnswer<T>(ask: Ask<T> | null, identity = ""): Answer<T> {
  const [, redraw] = useReducer((n: number) => n + 1, 0);
  const [lateAddress, setLateAddress] = useState<string>();
  const keeper = useMemo(() => new Keeper<T>(() => queueMicrotask(() => redraw(undefined))), []);
  keeper.want(ask, identity);
  const { value, address, error } = keeper.shown;
  const wanted = ask?.address;
  const pending = wanted !== undefined && address !== wanted && !error;

  useEffect(() => () => keeper.close(), [keeper]);
  useEffect(() => {
    if (!pending) return;
    const timer = setTimeout(() => setLateAddress(wanted), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, [pending, wanted]);

  const late = pending && lateAddress === wanted;
  return { value, address, pending, late, error, retry: () => keeper.retry() };
}
