/** Which run and which step a picture is of. */

import type { Store } from "../../state/store";
import { Failed, Waiting } from "../../ui/panel_state";
import { StepNote } from "../../ui/step_note";
import { Later } from "../records/later";
import type { PairSide } from "./use_pair";

export function SideLabel({ one }: { one: PairSide }) {
  const { side, maps } = one;
  const facts = maps.value?.facts;
  return (
    <div class="row side-label">
      <span class={`key ${side.name.toLowerCase()}`}>{side.name}</span>
      <b class="clip">{side.run.value}</b>
      {facts && (
        <StepNote
          shown={facts.step}
          wanted={side.shown.value}
          source={facts.source}
          problems={facts.problems}
        />
      )}
    </div>
  );
}

/** What stands in a side's place; null when its pictures are there. */
export function sideState(store: Store, one: PairSide) {
  const { side, series, maps } = one;
  const index = side.index.value;
  if (side.error.value) return <Failed error={side.error.value} retry={() => undefined} />;
  if (!index || !series) return <Waiting late what={`run ${side.run.value}`} />;
  if (!maps.capture) return <Later store={store} side={side} index={index} series={series} />;
  if (maps.error) return <Failed error={maps.error} retry={maps.retry} />;
  if (!maps.value) return <Waiting late={maps.late} what={side.name} />;
  return null;
}
