/** One unit: everything that is known of a channel, over the steps, at an address of its own. */

import type { ResultAnswer } from "../../api/types";
import { shapeText } from "../../draw/number_text";
import { linkOf } from "../../state/host";
import type { Store } from "../../state/store";
import { CopyLink, CopyPython } from "../../ui/copy_button";
import { Failed, Nothing, Waiting } from "../../ui/panel_state";
import { fieldText } from "../layer/head";
import { UnitAction } from "../layer/unit_action";
import { resultStyles } from "../results/styles";
import type { ViewProps } from "../view";
import { Film } from "./film";
import { FilterPart } from "./filter_part";
import { backToLayer, moveUnit } from "./keys";
import { BesideControl, isPair, SideHead } from "./pair";
import { Pinned } from "./pinned";
import { TopPatches } from "./top_patches";
import unitStyles from "./unit.css?inline";
import { type UnitLook, useUnit } from "./use_unit";

export { Inspector } from "./inspector";
export { keys } from "./keys";
export const styles = unitStyles + resultStyles;

const OPTIMISED = 212;
const GLOBAL = ", and the whole image by a global operation";

export default function UnitView(props: ViewProps) {
  const { store } = props;
  const look = useUnit(props);
  const other = useUnit(props, store.b);
  if (!look) return null;
  if ("missing" in look)
    return (
      <Nothing heading title={look.title}>
        {look.missing}
      </Nothing>
    );
  if (!isPair(store))
    return (
      <div class="unit-view">
        <Head {...props} look={look} />
        <Sights {...props} look={look} />
        <Film {...props} look={look} />
        <Pinned {...props} look={look} />
      </div>
    );
  const theirs = other && !("missing" in other) && look.channel < other.channels ? other : null;
  return (
    <div class="unit-view">
      <Head {...props} look={look} />
      <div class="unit-pair">
        <section aria-label="A">
          <SideHead side={store.a} />
          <Sights {...props} look={look} />
        </section>
        <section aria-label="B">
          <SideHead side={store.b} />
          {theirs ? <Sights {...props} look={theirs} /> : <NoOther store={store} other={other} look={look} />}
        </section>
      </div>
      <Film {...props} look={look} />
      {theirs && <Film {...props} look={theirs} />}
      <Pinned {...props} look={look} />
      {theirs && <Pinned {...props} look={theirs} />}
    </div>
  );
}

/** What the unit is made of and what excites it, at one step. */
function Sights(props: ViewProps & { look: UnitLook }) {
  const { name, channel, index, layer, channels, side } = props.look;
  const order = Array.from({ length: channels }, (_, at) => at);
  return (
    <div class="unit-row">
      <FilterPart {...props} />
      <TopPatches {...props} />
      <div class="unit-part">
        <UnitAction
          key={`${name}|${channel}`}
          {...props}
          look={{ index, name, layer, order }}
          channel={channel}
          of={side}
          side={OPTIMISED}
          alone
        />
      </div>
    </div>
  );
}

/** Why B has no such unit. */
function NoOther({
  store,
  other,
  look,
}: {
  store: Store;
  other: ReturnType<typeof useUnit>;
  look: UnitLook;
}) {
  const { error } = store.b;
  if (error.value) return <Failed error={error.value} retry={() => undefined} />;
  if (!other) return <Waiting late what={`run ${store.b.run.value}`} />;
  if ("missing" in other) return <Nothing title={other.title}>{other.missing}</Nothing>;
  return (
    <Nothing title={`${look.name} has no unit ${look.channel} in B`}>
      It has {other.channels} there, and {look.channels} in A.
    </Nothing>
  );
}

function Head({ store, client, look }: ViewProps & { look: UnitLook }) {
  const { name, channel, source } = look;
  const python = async () => {
    if (!source) throw new Error("No top patches to load");
    const { held } = source;
    const answer: { python: string } | ResultAnswer =
      "job" in held ? await client.jobs.result(held.job) : await client.record(held);
    return `${answer.python}[${channel}]`;
  };
  return (
    <div class="head unit-head">
      <button
        type="button"
        class="icon"
        aria-label="unit before"
        title="←"
        onClick={() => moveUnit(store, -1)}
      >
        ‹
      </button>
      <button type="button" class="icon" aria-label="next unit" title="→" onClick={() => moveUnit(store, 1)}>
        ›
      </button>
      <h1 class="clip" title={name}>
        <button type="button" class="plain" title="its layer (Esc)" onClick={() => backToLayer(store)}>
          {name}
        </button>{" "}
        · unit {channel}
      </h1>
      <span class="t clip">{about(look)}</span>
      <span class="grow" />
      <BesideControl store={store} />
      <CopyLink link={() => linkOf(store)} />
      {source && <CopyPython python={python} />}
    </div>
  );
}

/** "of 64 · map 7 × 7 · receptive field 20 × 20, stride 4". */
function about({ layer, channels }: UnitLook): string {
  const parts = [`of ${channels}`];
  if (layer.shape.length === 3) parts.push(`map ${shapeText(layer.shape.slice(1))}`);
  const field = layer.receptive_field;
  if (field && layer.shape.length === 3) parts.push(fieldText(field));
  // Units without places have one field, whatever its stride.
  else if (field) parts.push(`receptive field ${shapeText(field.size)}${field.is_global ? GLOBAL : ""}`);
  return parts.join(" · ");
}
