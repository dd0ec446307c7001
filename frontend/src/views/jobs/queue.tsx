/** What runs, waits and has ended. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { JobView } from "../../api/types";
import { grouped, groupOf, type JobGroups } from "../../state/job_list";
import { cancel } from "../../state/jobs";
import type { Store } from "../../state/store";
import type { ViewProps } from "../view";
import { EndedList } from "./ended_list";
import { RunningJob } from "./running_job";
import { pressed, titleOf } from "./titles";
import { WaitingList } from "./waiting_list";

interface Props extends ViewProps {
  /** Id of the job whose result is shown. */
  shown: string | null;
}

export function Queue({ store, client, shown }: Props) {
  const groups = grouped(store.jobs.value);
  const { running, waiting, ended } = groups;
  return (
    <>
      <div class="head">
        <h1>Queue</h1>
        <span class="cap grow">{countText(groups)}</span>
        {waiting.length > 1 && (
          <button
            type="button"
            class="btn q"
            onClick={() => void pressed(Promise.all(waiting.map((job) => cancel(store, client, idOf(job)))))}
          >
            Clear waiting
          </button>
        )}
        {store.jobs.value.state === "reconnecting" && (
          <span class="cap warn" role="status">
            reconnecting…
          </span>
        )}
      </div>
      {running.map((job) => (
        <RunningJob
          key={job.request.id}
          store={store}
          client={client}
          job={job}
          isShown={job.request.id === shown}
          isSmall={running.length > 1}
        />
      ))}
      {waiting.length > 0 && <WaitingList store={store} client={client} jobs={waiting} shown={shown} />}
      {ended.length > 0 && <EndedList store={store} client={client} jobs={ended} shown={shown} />}
      {store.jobs.value.order.length === 0 && store.jobs.value.state !== "connecting" && (
        <p class="cap queue-empty">
          Nothing was asked for in this logdir yet. Choose a recipe, set what it looks at, and press Run.
        </p>
      )}
      <Announcer store={store} ended={ended} />
    </>
  );
}

function countText({ running, waiting }: JobGroups): string {
  const parts = [];
  if (running.length) parts.push(`${running.length} running`);
  if (waiting.length) parts.push(`${waiting.length} waiting`);
  return parts.join(", ");
}

/** Says to screen readers when a job ends, and nothing in between. */
function Announcer({ store, ended }: { store: Store; ended: readonly JobView[] }) {
  const [said, setSaid] = useState("");
  const before = useRef<ReadonlySet<string>>(new Set());
  useEffect(() => {
    const done = ended.find((job) => before.current.has(job.request.id));
    if (done) setSaid(`${titleOf(store, done.request)}: ${done.status.state}`);
    const list = store.jobs.value;
    before.current = new Set([...list.byId.values()].filter((job) => groupOf(job) !== "ended").map(idOf));
  }, [store.jobs.value]);
  return (
    <span class="unseen" role="status">
      {said}
    </span>
  );
}

function idOf(job: JobView): string {
  return job.request.id;
}
