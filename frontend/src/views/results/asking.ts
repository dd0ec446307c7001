/** Asking for jobs like one that is there: with its own pictures, another seed, or several values of one parameter. */

import type { Client } from "../../api/client";
import type { Draft } from "../../api/jobs";
import type { JobAnswer, JobView } from "../../api/types";
import { submit } from "../../state/jobs";
import type { Store } from "../../state/store";
import { varied } from "./variations";

/** A job's request as a draft for a form; its own pictures stay behind, they are files of the job. */
export function draftOf({ run, request }: JobView): Draft {
  const { method, params, step, examples, seed } = request;
  return { run, method, params, step, examples, seed };
}

/** The request's own pictures, as a new request takes them. */
function ownInputs({ request }: JobView): NonNullable<Draft["inputs"]> {
  return Array.from({ length: request.inputs }, (_, own) => ({ job: request.id, own }));
}

/** Ask for the same again; `change` turns the draft into another one. */
export async function askAgain(
  store: Store,
  client: Client,
  job: JobView,
  change: (draft: Draft) => Draft = (draft) => draft,
): Promise<JobAnswer> {
  const inputs = ownInputs(job);
  return submit(store, client, change({ ...draftOf(job), inputs }));
}

/**
 * One job a value, in order; a value whose job is there already gives that one.
 *
 * Stops at the first refusal and throws it: what was asked for before it stays asked for.
 */
export async function askVaried(
  store: Store,
  client: Client,
  job: JobView,
  by: string,
  values: readonly unknown[],
): Promise<void> {
  const inputs = ownInputs(job);
  for (const value of values) await submit(store, client, { ...varied(job, by, value), inputs });
}
