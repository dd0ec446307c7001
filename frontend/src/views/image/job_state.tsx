/** In the place of a map that a job is making: how far it is, and the way to stop it. */

import type { JobView } from "../../api/types";
import { cancel, openJob } from "../../state/jobs";
import { progressText } from "../results/job_text";
import type { ViewProps } from "../view";

export function JobState({ store, client, job }: ViewProps & { job: JobView }) {
  const { state, iteration, total } = job.status;
  const share = total > 0 ? Math.min(1, iteration / total) : 0;
  const { id } = job.request;
  return (
    <div class="job-state">
      <p class="s job-progress">{progressText(job.status) || "running"}</p>
      <progress value={state === "queued" ? 0 : share} max={1} aria-label="progress of the job" />
      <div class="row">
        <button
          type="button"
          class="btn"
          disabled={state === "cancelling"}
          onClick={() => void cancel(store, client, id)}
        >
          Stop
        </button>
        <button type="button" class="link" onClick={() => openJob(store, id)}>
          In Jobs
        </button>
      </div>
    </div>
  );
}
