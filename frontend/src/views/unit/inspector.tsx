/** Right column of the unit page: classes, history, units that are alike. */

import type { ViewProps } from "../view";
import { ClassBars } from "./class_bars";
import { Correlated } from "./correlated";
import { UnitHistory } from "./history";
import { ColourEmbedding } from "./in_embedding";
import { useImages } from "./use_images";
import { type UnitLook, usePatches, useUnit } from "./use_unit";

export function Inspector(props: ViewProps) {
  const look = useUnit(props);
  if (!look || "missing" in look) return null;
  return <Parts {...props} look={look} />;
}

function Parts(props: ViewProps & { look: UnitLook }) {
  const { look } = props;
  const patches = usePatches(props, look);
  const images = useImages(props, look, patches.value);
  const shown = look.source && patches.value;
  return (
    <div class="unit-side">
      {shown ? (
        <>
          <ClassBars {...props} patches={shown} images={images} dim={patches.pending} />
          <ColourEmbedding {...props} patches={shown} />
        </>
      ) : (
        !look.source && (
          <section aria-label="class selectivity">
            <h2>Class selectivity, correlated units</h2>
            <p class="cap">come with top patches</p>
          </section>
        )
      )}
      <UnitHistory {...props} />
      {shown && <Correlated {...props} patches={shown} dim={patches.pending} />}
    </div>
  );
}
