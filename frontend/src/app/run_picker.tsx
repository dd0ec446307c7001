/** Which run is A, which is B. A native list: any number of runs, any keyboard, any screen reader. */

import type { Side, Store } from "../state/store";

export function RunPicker({ store, side }: { store: Store; side: Side }) {
  const state = store.runs.value;
  const runs = state.kind === "ready" ? state.runs : [];
  const chosen = side.run.value;
  const isKnown = chosen === null || runs.some((run) => run.name === chosen);
  const isB = side.name === "B";
  const key = chosen === null ? "key none" : `key ${side.name.toLowerCase()}`;
  return (
    <label class="run" title={chosen ?? "Add a second run, or the same one at another step"}>
      <span class={key}>{side.name}</span>
      <span class={chosen === null ? "t clip" : "clip"}>{chosen === null ? "compare" : sayRun(chosen)}</span>
      <span class="caret" />
      <select
        aria-label={`Run ${side.name}`}
        value={chosen ?? ""}
        onChange={(event) => chooseRun(store, side, event.currentTarget.value)}
      >
        {isB && <option value="">none</option>}
        {!isKnown && <option value={chosen}>{`${chosen} (not there)`}</option>}
        {runs.map((run) => (
          <option key={run.name} value={run.name}>
            {`${sayRun(run.name)} · ${run.steps} ${run.steps === 1 ? "step" : "steps"}`}
          </option>
        ))}
      </select>
    </label>
  );
}

/** TensorBoard calls the logdir itself "."; that is no name for a person. */
function sayRun(name: string): string {
  return name === "." || name === "" ? "(logdir)" : name;
}

/** Choosing A's own run as B starts B at the first capture, where a difference is to be seen. */
export function chooseRun(store: Store, side: Side, value: string): void {
  const run = value || null;
  side.run.value = run;
  if (side === store.b)
    side.step.value = run === store.a.run.value ? (store.a.index.value?.steps[0] ?? null) : null;
}
