/** In the place of a map that a job is making: how far it is, and the way to stop it. */

import type { JobView } from "../../api/types";
import { cancel, openJob } from "../../state/jobs";
import type { ViewProps } from "../view";

export function JobState({ store, client, job }: ViewProps & { job: JobView }) {
  const { state, iteration, total, message } = job.status;
  const share = total > 0 ? Math.min(1, iteration / total) : 0;
  const { id } = job.request;
  return (
    <div class="job-state">
      <p class="s">{stateText(job)}</p>
      <progress value={state === "queued" ? 0 : share} max={1} aria-label="progress of the job" />
      <p class="cap clip">{message || "\u00a0"}</p>
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

/** "34 of 169 · 4 s left", "waiting", …: where a job is. */
export function stateText({ status }: JobView): string {
  const { state, iteration, total, remaining } = status;
  if (state === "queued") return "waiting for its turn";
  if (state === "starting") return "loading the network";
  if (state === "cancelling") return "stopping";
  const done = total > 0 ? `${iteration} of ${total}` : "running";
  return remaining === null ? done : `${done} · ${secondsText(remaining)} left`;
}

function secondsText(seconds: number): string {
  const whole = Math.max(1, Math.ceil(seconds));
  return whole < 100 ? `${whole} s` : `${Math.ceil(whole / 60)} min`;
}
