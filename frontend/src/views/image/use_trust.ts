/** The judgement of one of the bench's maps: the job that made it, and what it found. */

import { useMemo } from "preact/hooks";
import type { Client } from "../../api/client";
import type { JobView } from "../../api/types";
import { useAnswer } from "../../api/use_answer";
import { type Trust, trustOf } from "../results/trust_of";
import { asked, type Wish } from "./asking";
import { pictureOf } from "./scene";
import { asksUnit, isSame, type Params, type Slot, shownJob } from "./slots";
import type { Bench } from "./use_bench";

export interface Judged {
  /** null: nobody has asked for it. */
  job: JobView | null;
  /** null until the job is done and its arrays are here. */
  trust: Trust | null;
}

/** What is asked to judge a map. */
export function trustWish(slot: Slot): Wish {
  const params = { method: slot.method, params: slot.params };
  return { place: `trust ${slot.key}`, method: "trust", params, isUnit: asksUnit(slot.params) };
}

export function useTrust(client: Client, bench: Bench, slot: Slot | null): Judged {
  const { scene, results } = bench;
  const job = slot ? (trustJob(bench, slot) ?? null) : null;
  const result = job ? results.get(job.request.id) : undefined;
  const record = result?.records.find((one) => one.kind === "trust");
  const ask =
    job && result && record
      ? client.jobs.arrays(job.request.id, { key: record.key, digest: result.digest })
      : null;
  const arrays = useAnswer(ask, job?.request.id ?? "").value;
  const picture = job ? pictureOf(job.request, scene) : -1;
  const trust = useMemo(
    () => (arrays && record ? trustOf({ arrays: arrays.tensors, facts: record.facts }, picture) : null),
    [arrays, record, picture],
  );
  return { job, trust };
}

/** The trust job that is about a place's map and class. */
export function trustJob(bench: Bench, slot: Slot): JobView | undefined {
  const card = bench.cards.find((one) => one.name === slot.method);
  const jobs = bench.jobs.filter(({ request }) => {
    const judged = (request.params.params ?? {}) as Params;
    return (
      request.method === "trust" && request.params.method === slot.method && isSame(judged, slot.params, card)
    );
  });
  return shownJob({ jobs, params: slot.params }, bench.scene, bench.results, asked.value);
}
