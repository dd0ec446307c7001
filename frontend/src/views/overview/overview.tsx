/** Landing page: what the first layer looks for, what is predicted now, and every layer over all steps. */

import { useComputed } from "@preact/signals";
import { countText } from "../../draw/number_text";
import { type HealthSum, sumHealth } from "../../state/health";
import { linkOf } from "../../state/host";
import type { Store } from "../../state/store";
import { CopyLink } from "../../ui/copy_button";
import type { ViewProps } from "../view";
import { Examples } from "./examples";
import { FirstFilters } from "./first_filters";
import { LayerTable } from "./layer_table";
import styles from "./overview.css?inline";
import { Problems } from "./problems";

export { Inspector } from "./inspector";
export { styles };

export default function Overview({ store, client }: ViewProps) {
  return (
    <>
      <div class="head">
        <Title store={store} />
        <span class="grow" />
        <CopyLink link={() => linkOf(store)} />
      </div>
      <HealthLine store={store} />
      <Problems store={store} />
      <div class="overview-band">
        <FirstFilters store={store} client={client} />
        <Examples store={store} client={client} />
      </div>
      <LayerTable store={store} />
    </>
  );
}

function Title({ store }: { store: Store }) {
  const index = store.a.index.value;
  if (!index) return null;
  const leaves = index.layers.filter((layer) => !layer.container).length;
  const facts = [
    index.model?.parameters && `${countText(index.model.parameters)} parameters`,
    leaves > 0 && `${leaves} layers`,
    index.model?.captured === "hooks" && "captured by hooks",
    index.sources.length > 0 &&
      index.sources.every((source) => source === "preview") &&
      "previews only: the snapshot files are not there",
  ];
  return (
    <>
      <h1 class="clip">{index.name === "." ? "(logdir)" : index.name}</h1>
      <span class="s clip">{facts.filter(Boolean).join(" · ")}</span>
    </>
  );
}

/** One sentence on the net's health; on narrow pages it opens the column that has the list. */
function HealthLine({ store }: { store: Store }) {
  const sum = useComputed(() => {
    const { statistics, shown, index } = store.a;
    return statistics.value && index.value && shown.value !== null
      ? sumHealth(statistics.value, shown.value, index.value.layers)
      : null;
  }).value;
  if (!sum) return null;
  const isWell = sum.dead === 0 && sum.nonfinite === 0;
  return (
    <button
      type="button"
      class={
        isWell
          ? "plain health-line ok"
          : sum.nonfinite > 0
            ? "plain health-line bad"
            : "plain health-line warn"
      }
      onClick={() => {
        store.drawer.value = "inspector";
      }}
    >
      {isWell ? <span class="dot" /> : "▲"} {sayHealth(sum)}
    </button>
  );
}

function sayHealth(sum: HealthSum): string {
  const parts: string[] = [];
  const [broken] = sum.broken;
  const more = sum.broken.length - 1;
  if (broken) parts.push(`NaN or Inf in ${broken.layer}${more > 0 ? ` and ${countText(more)} more` : ""}`);
  if (sum.dead > 0) {
    const layers = sum.worst.length === 1 ? sum.worst[0]?.layer : `${sum.worst.length} layers`;
    parts.push(`${countText(sum.dead)} of ${countText(sum.channels)} channels dead, in ${layers}`);
  }
  if (parts.length === 0) parts.push("no dead channels, no NaN or Inf");
  return `${parts.join(" · ")} · step ${sum.step}`;
}
