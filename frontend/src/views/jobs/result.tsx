/** The selected job's result, or why there is none. */

import type { Draft } from "../../api/jobs";
import type { JobView } from "../../api/types";
import { Nothing } from "../../ui/panel_state";
import { ResultPanel } from "../results/result_panel";
import type { ViewProps } from "../view";

interface Props extends ViewProps {
  job: JobView | undefined;
  onAgain: (draft: Draft) => void;
}

export function Result({ store, client, job, onAgain }: Props) {
  const { state } = store.jobs.value;
  if (job)
    return <ResultPanel key={job.request.id} store={store} client={client} job={job} onAgain={onAgain} />;
  if (state === "connecting") return null;
  if (store.job.value !== null)
    return (
      <Nothing heading title="This job is not in the logdir">
        It was deleted, or the link is of another logdir.
      </Nothing>
    );
  return (
    <Nothing heading title="No result yet">
      What a job gives appears here: its picture, its parameters, and the lines of Python that load it.
    </Nothing>
  );
}
