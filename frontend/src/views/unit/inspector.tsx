/** Right column of the unit page: classes, history, units that are alike. */

import type { ViewProps } from "../view";
import { ClassBars } from "./class_bars";
import { Correlated } from "./correlated";
import { UnitHistory } from "./history";
import { ColourEmbedding } from "./in_embedding";
import { isPair, titleOf } from "./pair";
import { useImages } from "./use_images";
import { type UnitLook, usePatches, useUnit } from "./use_unit";

export function Inspector(props: ViewProps) {
  const { store } = props;
  const look = useUnit(props);
  const other = useUnit(props, store.b);
  if (!look || "missing" in look) return null;
  const theirs = isPair(store) && other && !("missing" in other) && look.channel < other.channels;
  return <Parts {...props} look={look} other={theirs ? other : null} />;
}

function Parts(props: ViewProps & { look: UnitLook; other: UnitLook | null }) {
  const { look, other } = props;
  const patches = usePatches(props, look);
  const shown = look.source && patches.value;
  return (
    <div class="unit-side">
      <Classes {...props} look={look} />
      {other && <Classes {...props} look={other} />}
      {shown && <ColourEmbedding {...props} patches={shown} />}
      <UnitHistory {...props} />
      {shown && <Correlated {...props} patches={shown} dim={patches.pending} />}
    </div>
  );
}

function Classes(props: ViewProps & { look: UnitLook }) {
  const { look } = props;
  const patches = usePatches(props, look);
  const images = useImages(props, look, patches.value);
  if (look.source && patches.value)
    return <ClassBars {...props} patches={patches.value} images={images} dim={patches.pending} />;
  if (look.source) return null;
  return (
    <section aria-label={titleOf(look.side, "class selectivity")}>
      <h2>Class selectivity, correlated units</h2>
      <p class="cap">come with top patches</p>
    </section>
  );
}
