/** What finished jobs made: their results' lists of records, fetched once each. */

import { useEffect, useState } from "preact/hooks";
import type { Client } from "../../api/client";
import type { JobView, ResultAnswer } from "../../api/types";

const known = new Map<string, ResultAnswer>();
const MOST = 500;

/** By the job's id; those that are not there yet are left out. */
export function useResults(client: Client, jobs: readonly JobView[]): ReadonlyMap<string, ResultAnswer> {
  const [, setArrived] = useState(0);
  const done = jobs.filter((job) => job.status.state === "done" && job.status.result !== null);
  const names = done.map(nameOf).join();
  useEffect(() => {
    const controller = new AbortController();
    for (const job of done) {
      if (known.has(nameOf(job))) continue;
      client.jobs.result(job.request.id, controller.signal).then(
        (result) => {
          if (known.size >= MOST) known.clear();
          known.set(nameOf(job), result);
          setArrived((count) => count + 1);
        },
        () => undefined, // The list's next news asks again; the job's own panel in the jobs view tells why.
      );
    }
    return () => controller.abort();
  }, [names]);
  const results = new Map<string, ResultAnswer>();
  for (const job of done) {
    const result = known.get(nameOf(job));
    if (result) results.set(job.request.id, result);
  }
  return results;
}

function nameOf(job: JobView): string {
  return `${job.request.id}|${job.status.result}`;
}
