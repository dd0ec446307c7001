/** Which step top patches are of, and that a job found them. */

import { openJob } from "../../state/jobs";
import type { Side, Store } from "../../state/store";
import { StepNote } from "../../ui/step_note";
import type { PatchSource } from "./patch_sources";

interface Props {
  store: Store;
  side: Side;
  source: PatchSource | null;
}

export function PatchStep({ store, side, source }: Props) {
  if (!source) return null;
  const { job, step } = source;
  return (
    <span class="nowrap">
      {step === null ? (
        <span class="stale">of the weights stored with the model</span>
      ) : (
        <StepNote shown={step} wanted={side.shown.value} />
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
