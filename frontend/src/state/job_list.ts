/** The jobs as the page knows them: merged by revision, grouped as the queue shows them. */

import type { JobsAnswer, JobView } from "../api/types";

/** connecting: nothing heard yet; reconnecting: the last poll failed; off: nothing new can be asked for. */
export type JobsState = "connecting" | "live" | "reconnecting" | "off";

export interface JobList {
  /** Running jobs, then waiting ones in turn, then ended ones, latest first. */
  order: readonly string[];
  byId: ReadonlyMap<string, JobView>;
  state: JobsState;
  /** Why jobs are off, and what to do; empty otherwise. */
  reason: string;
}

export const NO_JOBS: JobList = { order: [], byId: new Map(), state: "connecting", reason: "" };

/** The list with an answer's changes; jobs that are not in its order have gone. */
export function merged(list: JobList, answer: JobsAnswer): JobList {
  const changed = new Map(answer.jobs.map((job) => [job.request.id, job]));
  const byId = new Map<string, JobView>();
  for (const id of answer.order) {
    const job = changed.get(id) ?? list.byId.get(id);
    if (job) byId.set(id, job);
  }
  return { ...list, order: answer.order.filter((id) => byId.has(id)), byId };
}

/** The list with one job as an answer of another route has it; a new one stands first until the next poll. */
export function withJob(list: JobList, job: JobView): JobList {
  const { id } = job.request;
  const order = list.byId.has(id) ? list.order : [id, ...list.order];
  return { ...list, order, byId: new Map(list.byId).set(id, job) };
}

export function withoutJob(list: JobList, id: string): JobList {
  const byId = new Map(list.byId);
  byId.delete(id);
  return { ...list, order: list.order.filter((other) => other !== id), byId };
}

export interface JobGroups {
  running: JobView[];
  waiting: JobView[];
  ended: JobView[];
}

export function groupOf(job: JobView): keyof JobGroups {
  const { state } = job.status;
  if (state === "queued") return "waiting";
  return state === "done" || state === "failed" || state === "cancelled" ? "ended" : "running";
}

export function grouped(list: JobList): JobGroups {
  const groups: JobGroups = { running: [], waiting: [], ended: [] };
  for (const id of list.order) {
    const job = list.byId.get(id);
    if (job) groups[groupOf(job)].push(job);
  }
  return groups;
}

/** Seconds that an ended job took from its claim on; null when it never ran or still does. */
export function secondsOf(job: JobView): number | null {
  const { started, finished } = job.status;
  return started === null || finished === null ? null : Math.max(0, finished - started);
}

/** The latest finished job of a method on a run: what it costs, as measured. */
export function lastDone(list: JobList, method: string, run?: string): JobView | undefined {
  for (const id of list.order) {
    const job = list.byId.get(id);
    if (job?.status.state !== "done" || job.request.method !== method) continue;
    if (run === undefined || job.run === run) return job;
  }
  return undefined;
}
