/** The index of any run: those looked at are there, others are fetched once. */

import { useEffect, useState } from "preact/hooks";
import type { Client } from "../../api/client";
import type { RunIndex } from "../../api/types";
import type { Store } from "../../state/store";

const fetched = new Map<string, RunIndex>();

/** null until it is there, or when the run has gone. */
export function useRunIndex(store: Store, client: Client, run: string): RunIndex | null {
  const [, setArrived] = useState("");
  const shown = store.sides.value.find((side) => side.index.value?.name === run)?.index.value ?? null;
  const isMissing = shown === null && !fetched.has(run);
  useEffect(() => {
    if (!isMissing) return;
    const controller = new AbortController();
    client.run(run, undefined, controller.signal).then(
      ({ index }) => {
        if (!index) return;
        fetched.set(run, index);
        setArrived(run);
      },
      () => undefined,
    );
    return () => controller.abort();
  }, [client, run, isMissing]);
  return shown ?? fetched.get(run) ?? null;
}
