/** Jobs that are done, failed or cancelled: a click shows the result. */

import { useEffect, useState } from "preact/hooks";
import type { JobView } from "../../api/types";
import { secondsOf } from "../../state/job_list";
import { remove } from "../../state/jobs";
import { durationText } from "../results/provenance";
import type { ViewProps } from "../view";
import { JobThumb } from "./job_thumb";
import { indexOf, subjectText } from "./subject";
import { pressed, titleOf } from "./titles";
import { Small, Trouble } from "./waiting_list";

interface Props extends ViewProps {
  jobs: readonly JobView[];
  shown: string | null;
}

const FIRST = 24;
const SURE_MS = 3000;

export function EndedList({ store, client, jobs, shown }: Props) {
  const [isAll, showAll] = useState(false);
  const drawn = isAll ? jobs : jobs.slice(0, FIRST);
  return (
    <section class="queue-part" aria-label="Ended">
      <h2>Done</h2>
      <ol>
        {drawn.map((job) => (
          <li key={job.request.id} data-job={job.request.id} class={shown === job.request.id ? "on" : ""}>
            <Ended store={store} client={client} job={job} isShown={shown === job.request.id} />
          </li>
        ))}
      </ol>
      {drawn.length < jobs.length && (
        <button type="button" class="btn q" onClick={() => showAll(true)}>
          {jobs.length - drawn.length} more
        </button>
      )}
      <Trouble />
    </section>
  );
}

function Ended({ store, client, job, isShown }: ViewProps & { job: JobView; isShown: boolean }) {
  const { request } = job;
  const title = titleOf(store, request);
  const subject = subjectText(request, indexOf(store, job));
  const where = job.run === store.a.run.value ? "" : job.run;
  return (
    <>
      <button
        type="button"
        class="plain ended"
        aria-current={isShown ? "true" : undefined}
        onClick={() => {
          store.job.value = request.id;
        }}
      >
        <JobThumb store={store} client={client} job={job} side={32} />
        <span class="ended-words">
          <span class="clip">{title}</span>
          <span class="cap clip">
            {[subject, request.step === null ? "" : `step ${request.step}`, where]
              .filter(Boolean)
              .join(" · ")}
          </span>
        </span>
        <Outcome job={job} />
      </button>
      <Remove
        label={`${title} ${subject}`.trim()}
        remove={() => pressed(remove(store, client, request.id))}
      />
    </>
  );
}

function Outcome({ job }: { job: JobView }) {
  const { state, result, preview } = job.status;
  const seconds = secondsOf(job);
  if (state === "failed") return <span class="cap bad nowrap">▲ failed</span>;
  if (state === "cancelled")
    return <span class="cap nowrap">{result || preview ? "cancelled, kept" : "cancelled"}</span>;
  return (
    <span class="cap nowrap">
      <span class="ok">done</span>
      {seconds !== null && ` ${durationText(seconds)}`}
    </span>
  );
}

/** Deletes for good, so it takes two presses. */
function Remove({ label, remove: take }: { label: string; remove: () => Promise<void> }) {
  const [isSure, setSure] = useState(false);
  useEffect(() => {
    if (!isSure) return;
    const timer = setTimeout(() => setSure(false), SURE_MS);
    return () => clearTimeout(timer);
  }, [isSure]);
  return isSure ? (
    <button type="button" class="btn q bad ended-sure" onClick={() => void take()}>
      Delete<span class="unseen"> {label}, for good</span>
    </button>
  ) : (
    <Small label={`${label}: delete`} text="×" press={() => setSure(true)} />
  );
}
