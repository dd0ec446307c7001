/** In the place of a picture that was first recorded after the step looked at. */

import type { RunIndex, Series } from "../../api/types";
import type { Side, Store } from "../../state/store";
import { Nothing } from "../../ui/panel_state";

interface Props {
  store: Store;
  /** Whose step is looked at; A's by default. */
  side?: Side;
  index: RunIndex;
  series: Series;
}

export function Later({ store, side = store.a, index, series }: Props) {
  const first = index.steps[series.at[0] ?? -1];
  if (first === undefined) return <Nothing title="Not recorded at any step" />;
  return (
    <Nothing title={`First recorded at step ${first}`}>
      <button
        type="button"
        class="btn"
        onClick={() => {
          side.step.value = first;
        }}
      >
        Go to step {first}
      </button>
    </Nothing>
  );
}
