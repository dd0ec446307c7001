/** Fetching what the hand will reach next: neighbouring steps, behind everything that is shown. */

import type { Ask } from "./client";

/** Ask ahead, one after the other, until the returned function is called; failures are the panel's to report. */
export function fetchAhead(asks: readonly Ask<unknown>[]): () => void {
  const controller = new AbortController();
  const run = async (): Promise<void> => {
    for (const ask of asks) {
      if (controller.signal.aborted) return;
      if (ask.peek() === undefined) await ask.load({ signal: controller.signal, ahead: true });
    }
  };
  run().catch(() => undefined);
  return () => controller.abort();
}
