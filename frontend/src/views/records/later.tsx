/** In the place of a picture that was first recorded after the step looked at. */

import type { RunIndex, Series } from "../../api/types";
import type { Store } from "../../state/store";
import { Nothing } from "../../ui/panel_state";

export function Later({ store, index, series }: { store: Store; index: RunIndex; series: Series }) {
  const first = index.steps[series.at[0] ?? -1];
  if (first === undefined) return <Nothing title="Not recorded at any step" />;
  return (
    <Nothing title={`First recorded at step ${first}`}>
      <button
        type="button"
        class="btn"
        onClick={() => {
          store.a.step.value = first;
        }}
      >
        Go to step {first}
      </button>
    </Nothing>
  );
}
