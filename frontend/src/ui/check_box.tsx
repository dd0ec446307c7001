/** A box to tick, with its words beside it. */

import type { Signal } from "@preact/signals";

export function CheckBox({ label, on }: { label: string; on: Signal<boolean> }) {
  return (
    <label class="check">
      <input
        type="checkbox"
        checked={on.value}
        onChange={(event) => {
          on.value = event.currentTarget.checked;
        }}
      />
      {label}
    </label>
  );
}
