/** Order of the channels, pinned to the step it was chosen at. */

import type { SortOrder, Store } from "../../state/store";
import { Select } from "../../ui/select";
import { rowAt } from "./channel_health";
import type { LayerLook } from "./use_layer";

const SORTS: Record<SortOrder, string> = {
  index: "index",
  mean: "mean activation",
  max: "maximum",
  zeros: "share of zeros",
  change: "change of mean",
};

export function SortControl({ store, look }: { store: Store; look: LayerLook }) {
  const { channels } = look;
  if (!channels) return null;
  const sort = store.sort.value;
  const stepOf = (step: number | null) => channels.steps[Math.max(0, rowAt(channels, step))];
  const pinned = stepOf(store.sortStep.value);
  const here = stepOf(store.a.shown.value);
  const options: { value: SortOrder | "pin"; text: string }[] = (Object.keys(SORTS) as SortOrder[]).map(
    (value) => {
      const isPinned = value === sort && value !== "index";
      return { value, text: isPinned ? `${SORTS[value]}, pinned at ${pinned}` : SORTS[value] };
    },
  );
  if (sort !== "index" && pinned !== here) options.push({ value: "pin", text: `pin this order at ${here}` });
  return (
    <Select
      label="Sort"
      value={sort}
      options={options}
      onChoose={(value) => {
        if (value !== "pin") store.sort.value = value;
        store.sortStep.value = store.a.shown.value;
      }}
    />
  );
}
