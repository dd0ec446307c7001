/** "t-SNE of step N": a map made by a job, its picture while it settles, and the way to it once it is done. */

import { useEffect, useState } from "preact/hooks";
import type { JobView, RunIndex } from "../../api/types";
import { weightsFor, weightsText } from "../../state/checkpoints";
import { submit } from "../../state/jobs";
import type { Store } from "../../state/store";
import { JobState } from "../image/job_state";
import { isUnderWay } from "../results/job_text";
import { Preview } from "../results/preview";
import type { ViewProps } from "../view";
import { awaited } from "./choice";

const ROOM = { width: 200, height: 200 };

/** Whether jobs can be asked for: "" when they can, else why not. */
function whyNot(store: Store): string {
  const session = store.session.value;
  if (session === null) return "waiting for the server";
  return session.jobs ? "" : session.reason;
}

interface Props extends ViewProps {
  index: RunIndex;
  /** Whose output is laid out; null: the input of the last linear layer. */
  layer: string | null;
  primary?: boolean;
}

export function TsneButton({ store, client, index, layer, primary }: Props) {
  const [failure, setFailure] = useState("");
  const shown = store.a.shown.value;
  const weights = weightsFor(index, shown);
  const reason = whyNot(store);
  const title =
    reason || `a job with ${weightsText(weights, shown)}, over the stored data set or the examples`;
  const ask = async (): Promise<void> => {
    setFailure("");
    try {
      const params = { map: "tsne", ...(layer === null ? {} : { layer }) };
      const draft = { run: index.name, method: "embedding", step: weights.step, params };
      const { job } = await submit(store, client, draft);
      awaited.value = job.request.id;
    } catch (error) {
      setFailure(error instanceof Error ? error.message : String(error));
    }
  };
  return (
    <>
      <button
        type="button"
        class={primary ? "btn p" : "btn"}
        disabled={reason !== ""}
        title={title}
        onClick={() => void ask()}
      >
        t-SNE of {weights.step === null ? "the stored weights" : `step ${weights.step}`}
      </button>
      {failure && (
        <span class="bad cap" role="alert">
          ▲ {failure}
        </span>
      )}
    </>
  );
}

/** The job that is making a map of this run, with its picture; when the page waits for it, its end leads to it. */
export function Making({ store, client, index }: ViewProps & { index: RunIndex }) {
  const jobs = [...store.jobs.value.byId.values()].filter(
    ({ run, request }) => run === index.name && request.method === "embedding",
  );
  const waited = jobs.find(({ request }) => request.id === awaited.value);
  const state = waited?.status.state;
  useEffect(() => {
    if (!waited || state !== "done") return;
    store.embedding.value = `job:${waited.request.id}`;
    store.lay.value = null;
    awaited.value = null;
  }, [waited?.request.id, state]);
  const job = waited ?? jobs.find(({ status }) => isUnderWay(status));
  if (!job || job.status.state === "done") return null;
  if (!isUnderWay(job.status)) return <Ended job={job} />;
  return (
    <aside class="making" aria-label="map in the making">
      <div class="making-room">
        <Preview client={client} job={job} room={ROOM} label="the map so far" filled />
      </div>
      <JobState store={store} client={client} job={job} />
    </aside>
  );
}

function Ended({ job }: { job: JobView }) {
  const { state, message } = job.status;
  return (
    <aside class="making" aria-label="map that was not made">
      <p class={state === "failed" ? "bad" : "s"} role="alert">
        {state === "failed" ? `▲ ${message || "the job failed"}` : "cancelled: no map was made"}
      </p>
      <button
        type="button"
        class="btn"
        onClick={() => {
          awaited.value = null;
        }}
      >
        Close
      </button>
    </aside>
  );
}
