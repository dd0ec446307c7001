/** What one record says of itself at one step: its facts there, which a series' first step does not know. */

import { useEffect, useState } from "preact/hooks";
import type { Client, RecordAddress } from "../../api/client";
import type { RecordAnswer } from "../../api/types";

const known = new Map<string, RecordAnswer>();
const MOST = 400;

/** undefined until it is there; a map's own facts are an address, too. */
export function useRecord(client: Client, at: RecordAddress | undefined): RecordAnswer | undefined {
  const [, setArrived] = useState("");
  const name = at ? [at.run, at.digest, at.key].join("|") : "";
  useEffect(() => {
    if (!at || known.has(name)) return;
    const controller = new AbortController();
    const { run, step, key, digest } = at;
    client.record({ run, step, key, digest }, controller.signal).then(
      (record) => {
        if (known.size >= MOST) known.clear();
        known.set(name, record);
        setArrived(name);
      },
      () => undefined,
    );
    return () => controller.abort();
  }, [name]);
  return known.get(name);
}
