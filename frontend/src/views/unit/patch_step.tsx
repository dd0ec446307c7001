/** Which step top patches are of, and that a job found them. */

import { openJob } from "../../state/jobs";
import type { Store } from "../../state/store";
import { StepNote } from "../../ui/step_note";
import type { PatchSource } from "./patch_sources";

export function PatchStep({ store, source }: { store: Store; source: PatchSource | null }) {
  if (!source) return null;
  const { job, step } = source;
  return (
    <span class="nowrap">
      {step === null ? (
        <span class="stale">of the weights stored with the model</span>
      ) : (
        <StepNote shown={step} wanted={store.a.shown.value} />
      )}
      {job && (
        <>
          {" "}
          <button type="button" class="link cap" onClick={() => openJob(store, job.request.id)}>
            by a job
          </button>
        </>
      )}
    </span>
  );
}
