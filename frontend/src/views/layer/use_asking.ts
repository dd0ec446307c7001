/** Asking for jobs from a button: on its way, or refused. */

import { useState } from "preact/hooks";

export interface Asking {
  /** The request is on its way; the first one waits until a worker has started. */
  isAsking: boolean;
  /** Why the last one was refused; empty when it was not. */
  failure: string;
  run: (asked: () => Promise<unknown>) => void;
}

export function useAsking(): Asking {
  const [isAsking, setAsking] = useState(false);
  const [failure, setFailure] = useState("");
  const run = (asked: () => Promise<unknown>): void => {
    setFailure("");
    setAsking(true);
    asked()
      .catch((error: unknown) => setFailure(error instanceof Error ? error.message : String(error)))
      .finally(() => setAsking(false));
  };
  return { isAsking, failure, run };
}
