/** A job at work: its picture as it emerges, how far it is, how its objective goes. Nothing moves while it does. */

import type { JobView } from "../../api/types";
import { countText } from "../../draw/number_text";
import { cancel } from "../../state/jobs";
import { useSize } from "../../ui/use_size";
import { ObjectiveCurve } from "../results/objective_curve";
import { Preview } from "../results/preview";
import { durationText } from "../results/provenance";
import type { ViewProps } from "../view";
import { indexOf, subjectText, weightsWord } from "./subject";
import { cardOf, pressed, titleOf } from "./titles";

interface Props extends ViewProps {
  job: JobView;
  isShown: boolean;
  /** One of several: a small picture. */
  isSmall: boolean;
}

const CURVE = 60;
const SMALL = 120;
const LARGE = 308;

export function RunningJob({ store, client, job, isShown, isSmall }: Props) {
  const [box, size] = useSize<HTMLDivElement>();
  const { request, status } = job;
  const { id } = request;
  const title = titleOf(store, request);
  const isTraining = cardOf(store, request)?.makes;
  const width = size?.width ?? 0;
  const side = Math.min(width, isSmall ? SMALL : LARGE);
  const subject = [subjectText(request, indexOf(store, job)), weightsWord(request)]
    .filter(Boolean)
    .join(" · ");
  return (
    <section class={isShown ? "running-job on" : "running-job"} aria-label={`${title}, running`}>
      <div class="row">
        <button
          type="button"
          class="plain clip running-title"
          aria-current={isShown ? "true" : undefined}
          onClick={() => {
            store.job.value = id;
          }}
        >
          <b>{title}</b>
        </button>
        <span class="t clip grow">{subject}</span>
        <button
          type="button"
          class="btn"
          disabled={status.state === "cancelling"}
          title={isTraining ? "The network is kept as it is: to be used, or to go on with" : undefined}
          onClick={() => void pressed(cancel(store, client, id))}
        >
          Cancel
        </button>
      </div>
      <div ref={box} class="running-measure">
        <div
          class={status.preview ? "running-picture" : "running-picture plate"}
          style={{ width: `${side}px`, height: `${side}px` }}
        >
          <Preview client={client} job={job} room={{ width: side, height: side }} label={`${title} so far`} />
        </div>
      </div>
      <Progress job={job} />
      <div class="running-curve" style={{ height: `${CURVE + 32}px` }}>
        {width > 0 && <ObjectiveCurve status={status} width={width} height={CURVE} />}
      </div>
    </section>
  );
}

/** Bar and one line: how far, how fast, how long still. */
function Progress({ job }: { job: JobView }) {
  const { state, iteration, total, rate, remaining, message } = job.status;
  const share = total > 0 ? Math.min(1, iteration / total) : 0;
  const where =
    state === "starting" ? message || "loading the network" : state === "cancelling" ? "stopping" : "";
  return (
    <>
      <div
        class="progress-bar"
        role="progressbar"
        aria-label="progress"
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * share)}
      >
        <i style={{ width: `${100 * share}%` }} />
      </div>
      <div class="progress-line cap">
        <b class="clip">
          {where || (total > 0 ? `iteration ${countText(iteration)} of ${countText(total)}` : message)}
        </b>
        <span>{!where && rate > 0 && rateText(rate)}</span>
        <span class="r">{!where && remaining !== null && `${durationText(remaining)} left`}</span>
      </div>
    </>
  );
}

function rateText(rate: number): string {
  return rate >= 1 ? `${rate.toFixed(1)} it/s` : `${(1 / rate).toFixed(1)} s/it`;
}
