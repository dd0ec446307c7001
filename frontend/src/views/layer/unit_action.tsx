/** "See what this unit looks for": one press, and the picture emerges beside the unit, from that very checkpoint. */

import { useState } from "preact/hooks";
import type { Client } from "../../api/client";
import type { JobView } from "../../api/types";
import { exactText } from "../../draw/number_text";
import { weightsFor, weightsText } from "../../state/checkpoints";
import { secondsOf } from "../../state/job_list";
import { cancel, openJob, submit } from "../../state/jobs";
import type { Side, Store } from "../../state/store";
import { Select } from "../../ui/select";
import { JobPicture } from "../results/job_picture";
import { isUnderWay, progressText } from "../results/job_text";
import { durationText } from "../results/provenance";
import { useResult } from "../results/use_result";
import type { ViewProps } from "../view";
import {
  draftFor,
  jobFor,
  overCheckpoints,
  type Subject,
  sheetFor,
  subjectAt,
  whyNoUnits,
} from "./unit_jobs";
import { useAsking } from "./use_asking";
import type { LayerLook } from "./use_layer";

const WIDTH = 252;
const MOST_STEPS = 8;
const FRAME = 56;

/** Said while a request is on its way. */
export const ASKING = "asking … the first time a worker has to start";

/** What is looked at of a layer; `order` is that of the contact sheet. */
type Look = Pick<LayerLook, "index" | "name" | "layer" | "order">;

interface Props extends ViewProps {
  look: Look;
  channel: number;
  /** The unit alone, at this step: neither its other steps nor the layer's other units. */
  alone?: boolean;
  /** Side of the picture, px. */
  side?: number;
  /** Whose step; A's by default. */
  of?: Side;
}

export function UnitAction({
  store,
  client,
  look,
  channel,
  alone = false,
  side = WIDTH,
  of = store.a,
}: Props) {
  const { isAsking, failure, run } = useAsking();
  const { index, name, layer } = look;
  const shown = of.shown.value;
  const weights = weightsFor(index, shown);
  const unit = subjectAt(index, name, [channel], shown);
  const jobs = store.jobs.value.byId;
  const job = jobFor(jobs.values(), unit);
  const reason = whyNoUnits(index, layer) ?? offReason(store);
  const isBeyond = layer !== null && channel >= (layer.shape[0] ?? 0);
  if (isBeyond) return null;
  const ask = (subjects: readonly Subject[]): void => run(() => askAll(store, client, subjects));
  const common = { store, client, look, reason, ask, side };
  return (
    <section class="sec unit" aria-label={`what this unit looks for${of.name === "B" ? ", B" : ""}`}>
      <h2>What this unit looks for</h2>
      {job ? (
        <Emerging {...common} job={job} unit={unit} />
      ) : (
        <>
          <button
            type="button"
            class="btn p unit-go"
            disabled={reason !== null || isAsking || store.session.value === null}
            onClick={() => ask([unit])}
          >
            See what this unit looks for {of.name === "A" && <kbd>s</kbd>}
          </button>
          {reason === null && (
            <p class="cap" role="status">
              {isAsking ? ASKING : `a picture climbed to with ${weightsText(weights, shown)}`}
            </p>
          )}
        </>
      )}
      {reason !== null && <p class="cap">{reason}</p>}
      {failure && (
        <p class="bad cap" role="alert">
          ▲ {failure}
        </p>
      )}
      {!alone && <OverSteps {...common} unit={unit} hasOne={job !== undefined} />}
      {!alone && <WholeLayer {...common} unit={unit} />}
    </section>
  );
}

/** One request after the other; the first refusal ends it. */
export async function askAll(store: Store, client: Client, subjects: readonly Subject[]): Promise<void> {
  for (const subject of subjects) await submit(store, client, draftFor(subject));
}

/** Why jobs are off; null while they are on, or before the server has said so. */
function offReason(store: Store): string | null {
  const session = store.session.value;
  return session?.jobs === false ? session.reason : null;
}

interface PartProps {
  store: Store;
  client: Client;
  look: Look;
  side: number;
  reason: string | null;
  ask: (subjects: readonly Subject[]) => void;
  unit: Subject;
}

/** The picture of a job that is there, live. */
function Emerging({ store, client, job, unit, reason, ask, side }: PartProps & { job: JobView }) {
  const { status, request } = job;
  const { id } = request;
  const what = `what channel ${unit.units[0]} of ${unit.layer} looks for`;
  const isGoing = isUnderWay(status);
  const seconds = secondsOf(job);
  const facts = useResult(client, job).value?.records[0]?.facts ?? {};
  const reached = Array.isArray(facts.objective) ? facts.objective[0] : undefined;
  const isStuck = Array.isArray(facts.no_gradient) && facts.no_gradient.includes(0);
  return (
    <>
      <JobPicture client={client} job={job} side={side} label={what} />
      <p class="cap unit-line" role="status">
        {isGoing ? progressText(status) : endText(job, reached)}
      </p>
      {isStuck && (
        <p class="warn cap">▲ the unit gave no gradient: it is silent from where the picture began</p>
      )}
      <p class="cap">
        {weightsText({ step: request.step, place: "at" }, null)} · seed {request.seed}
        {seconds !== null && ` · ${durationText(seconds)}`}
      </p>
      <div class="row">
        {isGoing && (
          <button
            type="button"
            class="btn"
            disabled={status.state === "cancelling"}
            onClick={() => void cancel(store, client, id)}
          >
            Cancel
          </button>
        )}
        {!isGoing && status.state !== "done" && (
          <button type="button" class="btn" disabled={reason !== null} onClick={() => ask([unit])}>
            Run again
          </button>
        )}
        <button type="button" class="btn q" onClick={() => openJob(store, id)}>
          Open in Jobs
        </button>
      </div>
    </>
  );
}

/** How a job ended; `value` is what its picture reaches. */
function endText({ status }: JobView, value?: unknown): string {
  if (status.state === "failed") return `▲ ${status.message || "it failed"}`;
  const reached = typeof value === "number" ? ` · ${status.objective_name} ${exactText(value)}` : "";
  if (status.state === "cancelled") return `cancelled at iteration ${status.iteration} of ${status.total}`;
  return `${status.iteration} iterations${reached}`;
}

/** The same picture at several checkpoints: this unit while it learned. */
function OverSteps({ store, client, look, reason, ask, unit, hasOne }: PartProps & { hasOne: boolean }) {
  const { there, missing, all, some } = overCheckpoints(look.index, store.jobs.value.byId, unit, MOST_STEPS);
  if (all < 2 || (!hasOne && there.length === 0)) return null;
  return (
    <>
      {there.length > 1 && (
        <ol class="unit-film" aria-label="what this unit looks for at each step">
          {there.map(({ step, job }) => (
            <li key={step}>
              <button
                type="button"
                class={step === unit.step ? "on" : ""}
                aria-current={step === unit.step ? "step" : undefined}
                title={`go to step ${step}`}
                onClick={() => {
                  store.a.step.value = step;
                }}
              >
                <JobPicture client={client} job={job} side={FRAME} label="" />
                <span>{step}</span>
              </button>
            </li>
          ))}
        </ol>
      )}
      {missing.length > 0 && (
        <div class="row">
          <button
            type="button"
            class="btn"
            disabled={reason !== null}
            onClick={() => ask(missing.map((step) => ({ ...unit, step })))}
          >
            Over all steps
          </button>
          <span class="cap">
            {missing.length} jobs; {some} of {all} checkpoints
          </span>
        </div>
      )}
    </>
  );
}

const COUNTS = [9, 16, 36, 64, 144, 256];

/** Many units in one batch: a contact sheet of the layer. */
function WholeLayer({ store, client, look, reason, ask, unit }: PartProps) {
  const units = look.layer?.shape[0] ?? 0;
  const counts = [...new Set([...COUNTS.filter((count) => count < units), Math.min(units, 256)])];
  const [count, setCount] = useState<number | null>(null);
  const sheet = sheetFor(store.jobs.value.byId.values(), unit);
  if (units < 2) return null;
  const wanted = count ?? counts.findLast((one) => one <= 16) ?? counts[0] ?? 1;
  const chosen = look.order.filter((channel) => channel < units).slice(0, wanted);
  return (
    <div class="unit-sheet">
      <h2>Contact sheet of this layer</h2>
      {sheet && (
        <>
          <button
            type="button"
            class="plain"
            title="open in Jobs"
            onClick={() => openJob(store, sheet.request.id)}
          >
            <JobPicture client={client} job={sheet} side={WIDTH} label={`units of ${look.name}`} />
          </button>
          <p class="cap" role="status">
            {isUnderWay(sheet.status) ? progressText(sheet.status) : endText(sheet)}
          </p>
        </>
      )}
      <div class="row">
        <Select
          label="Units"
          value={String(wanted)}
          options={counts.map((one) => ({
            value: String(one),
            text: one === units ? `all ${one}` : `first ${one} in this order`,
          }))}
          onChoose={(value) => setCount(Number(value))}
        />
        <button
          type="button"
          class="btn"
          disabled={reason !== null || store.session.value === null}
          onClick={() => ask([{ ...unit, units: chosen }])}
        >
          {sheet ? "Run" : "Make it"}
        </button>
      </div>
    </div>
  );
}
