/** Jobs: ask a checkpoint for a picture, watch it emerge, keep the result. */

import { useEffect } from "preact/hooks";
import type { Draft } from "../../api/jobs";
import type { JobView } from "../../api/types";
import { openDraft } from "../../state/draft";
import { grouped, type JobList } from "../../state/job_list";
import { ensureCatalogue } from "../../state/jobs";
import { inputsOfJob } from "../../state/own_inputs";
import { resultStyles } from "../results/result_panel";
import type { KeyBinding, ViewProps } from "../view";
import { JobForm } from "./job_form";
import jobsStyles from "./jobs.css?inline";
import { Queue } from "./queue";
import { RecipeList } from "./recipe_list";
import { Result } from "./result";
import { useDraft } from "./use_draft";

export const styles = jobsStyles + resultStyles;

export const keys: readonly KeyBinding[] = [
  { key: "n", says: "next job", run: (props) => moveJob(props, 1) },
  { key: "p", says: "job before", run: (props) => moveJob(props, -1) },
];

/** The job whose result is shown: the one chosen, else what runs, else what ended last. */
export function shownJob(list: JobList, chosen: string | null): JobView | undefined {
  if (chosen !== null) return list.byId.get(chosen);
  const { running, ended } = grouped(list);
  return running[0] ?? ended[0];
}

function moveJob({ store }: ViewProps, by: number): void {
  const { order } = store.jobs.value;
  const at = order.indexOf(shownJob(store.jobs.value, store.job.value)?.request.id ?? "");
  store.job.value = order[Math.min(order.length - 1, Math.max(0, at + by))] ?? null;
}

export default function JobsView({ store, client }: ViewProps) {
  const session = store.session.value;
  useEffect(() => {
    if (session?.jobs) void ensureCatalogue(store, client);
  }, [session?.jobs]);
  const state = useDraft(store);
  const job = shownJob(store.jobs.value, store.job.value);
  const again = (draft: Draft): void => {
    store.ownInputs.value = job ? inputsOfJob(client, job) : [];
    openDraft(store, draft);
  };
  return (
    <div class="jobs-view">
      <div class="jobs-ask">
        <RecipeList store={store} client={client} chosen={state?.card.name ?? null} />
        {state?.unknown && (
          <p class="job-unknown cap warn" role="alert">
            ▲ The link asks for “{state.unknown}”, which is not among the methods here: is its package
            installed beside TensorBoard?
          </p>
        )}
        {state && <JobForm store={store} client={client} state={state} />}
      </div>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is to be reached by keyboard */}
      <section class="jobs-queue" aria-label="Queue" tabIndex={0}>
        <Queue store={store} client={client} shown={job?.request.id ?? null} />
      </section>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is to be reached by keyboard */}
      <section class="jobs-result" aria-label="Result" tabIndex={0}>
        <Result store={store} client={client} job={job} onAgain={again} />
      </section>
    </div>
  );
}
