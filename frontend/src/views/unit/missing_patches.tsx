/** Where top patches are not there for the step looked at: what would record them, and asking for them now. */

import type { JobView } from "../../api/types";
import { weightsFor, weightsText } from "../../state/checkpoints";
import { cancel, submit } from "../../state/jobs";
import { openUnit } from "../../state/store";
import { Code } from "../../ui/panel_state";
import { ASKING } from "../layer/unit_action";
import { whyNoUnits } from "../layer/unit_jobs";
import { useAsking } from "../layer/use_asking";
import { isUnderWay, progressText } from "../results/job_text";
import type { ViewProps } from "../view";
import { relative } from "./feeding";
import { titleOf } from "./pair";
import { METHOD, stepped } from "./patch_sources";
import type { UnitLook } from "./use_unit";

interface Props extends ViewProps {
  look: UnitLook;
}

/** Nothing where the step looked at has its own. */
export function MissingPatches(props: Props) {
  const { store, look } = props;
  const { source, index, name } = look;
  const shown = look.side.shown.value;
  const weights = weightsFor(index, shown);
  if (source) {
    const isNewer = weights.place !== "after" && weights.step !== null && weights.step > (source.step ?? -1);
    return isNewer ? <Compute {...props} /> : null;
  }
  const [first] = stepped(look.sources);
  const other = first ? null : relative(index, name);
  return (
    <section class="unit-part patches-missing" aria-label={titleOf(look.side, "top patches")}>
      <h2>Top patches</h2>
      {first ? (
        <p>
          First recorded at{" "}
          <button
            type="button"
            class="link"
            onClick={() => {
              look.side.step.value = first.step;
            }}
          >
            step {first.step}
          </button>
        </p>
      ) : (
        <>
          {other && (
            <p>
              They are recorded for{" "}
              <button type="button" class="link" onClick={() => openUnit(store, other, look.channel)}>
                {other}
              </button>
              , which has the same channels.
            </p>
          )}
          <p class="s">Which images excite it most is not recorded for {name}. To record it:</p>
          <Code
            text={`cnnviz.Recorder(…, dataset=validation_set,\n  methods=[cnnviz.method("${METHOD}", layers=["${name}"]), …])`}
          />
        </>
      )}
      <Compute {...props} />
    </section>
  );
}

/** One press, and a job looks for them with the weights of the step. */
function Compute({ store, client, look }: Props) {
  const { isAsking, failure, run } = useAsking();
  const { index, name, layer } = look;
  const shown = look.side.shown.value;
  const weights = weightsFor(index, shown);
  const job = latest(look.jobs.filter(({ request }) => request.step === weights.step));
  const isGoing = job !== undefined && isUnderWay(job.status);
  const session = store.session.value;
  const reason = whyNoUnits(index, layer) ?? (session?.jobs === false ? session.reason : null);
  if (look.sources.some(({ step }) => step === weights.step)) return null;
  if (reason !== null) return <p class="cap">{reason}</p>;
  const draft = { run: index.name, method: METHOD, params: { layers: [name] }, step: weights.step };
  return (
    <div class="patches-ask">
      {isGoing ? (
        <div class="row">
          <span class="cap" role="status">
            {progressText(job.status)}
          </span>
          <button
            type="button"
            class="btn"
            disabled={job.status.state === "cancelling"}
            onClick={() => void cancel(store, client, job.request.id)}
          >
            Cancel
          </button>
        </div>
      ) : (
        <button
          type="button"
          class="btn patches-go"
          disabled={session === null || isAsking}
          onClick={() => run(() => submit(store, client, draft))}
        >
          {look.source ? `Find those of step ${weights.step}` : "Find them now"}
        </button>
      )}
      {isAsking && !isGoing && (
        <p class="cap" role="status">
          {ASKING}
        </p>
      )}
      {!isGoing && !isAsking && !look.source && (
        <p class="cap">
          a job looks through the run's stored data set, or its examples where it stores none, with{" "}
          {weightsText(weights, shown)}
        </p>
      )}
      {job?.status.state === "failed" && <p class="bad cap">▲ {job.status.message}</p>}
      {failure && (
        <p class="bad cap" role="alert">
          ▲ {failure}
        </p>
      )}
    </div>
  );
}

function latest(jobs: readonly JobView[]): JobView | undefined {
  return [...jobs].sort((a, b) => b.request.created - a.request.created)[0];
}
