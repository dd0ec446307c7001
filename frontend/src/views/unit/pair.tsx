/** The same unit in A and in B: whether B is looked at too, and which of them a panel is of. */

import { signal } from "@preact/signals";
import type { Side, Store } from "../../state/store";
import { CheckBox } from "../../ui/check_box";

/** Whether B stands beside A, where one is chosen. */
export const beside = signal(true);

export function isPair(store: Store): boolean {
  return store.b.run.value !== null && beside.value;
}

/** The letter of a side, where both are shown. */
export function SideKey({ store, side }: { store: Store; side: Side }) {
  return isPair(store) ? <span class={`key ${side.name.toLowerCase()}`}>{side.name}</span> : null;
}

/** What a panel is called: names on a page are there once. */
export function titleOf(side: Side, text: string): string {
  return side.name === "B" ? `${text}, B` : text;
}

/** Run and step of a side, above what is shown of it. */
export function SideHead({ side }: { side: Side }) {
  const step = side.shown.value;
  return (
    <div class="row unit-side-head">
      <span class={`key ${side.name.toLowerCase()}`}>{side.name}</span>
      <b class="clip">{side.run.value}</b>
      {step !== null && <span class="t nowrap">step {step}</span>}
    </div>
  );
}

export function BesideControl({ store }: { store: Store }) {
  if (store.b.run.value === null) return null;
  return <CheckBox label="B beside A" on={beside} />;
}
