/** How a job goes, in words. */

import type { JobStatus } from "../../api/types";
import { countText } from "../../draw/number_text";
import { durationText } from "./provenance";

/** One word, or two: what stands in the place of a picture that is not there. */
export function stateText({ state, iteration, total }: JobStatus): string {
  switch (state) {
    case "queued":
      return "waiting";
    case "starting":
      return "starting";
    case "running":
      return total > 0 ? `${Math.floor((100 * iteration) / total)} %` : "running";
    case "cancelling":
      return "stopping";
    case "done":
      return "done";
    case "failed":
      return "failed";
    case "cancelled":
      return "cancelled";
  }
}

/** "iteration 100 of 200 · 5.9 it/s · 17 s left", or what goes on instead. */
export function progressText(status: JobStatus): string {
  const { state, iteration, total, rate, remaining, message } = status;
  if (state === "queued") return message || "waiting for a worker";
  if (state === "starting") return message || "loading the network";
  const parts = [total > 0 ? `iteration ${countText(iteration)} of ${countText(total)}` : message];
  if (rate > 0) parts.push(rate >= 1 ? `${rate.toFixed(1)} it/s` : `${(1 / rate).toFixed(1)} s an iteration`);
  if (state === "cancelling") parts.push("stopping");
  else if (remaining !== null) parts.push(`${durationText(remaining)} left`);
  return parts.filter(Boolean).join(" · ");
}

export function isUnderWay({ state }: JobStatus): boolean {
  return state === "queued" || state === "starting" || state === "running" || state === "cancelling";
}
