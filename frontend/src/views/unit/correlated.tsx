/** Units whose activation goes up and down with this one's over the images, each with its own favourite. */

import type { Patches } from "../../api/layouts";
import { signedText } from "../../draw/number_text";
import { openUnit } from "../../state/store";
import { PixelCanvas } from "../../ui/pixel_canvas";
import { cropPixels } from "../records/crops";
import { fitted } from "../records/examples";
import { useAll } from "../records/use_all";
import type { ViewProps } from "../view";
import { sourceOf, type UnitLook } from "./use_unit";

const SIDE = 57;

interface Props extends ViewProps {
  look: UnitLook;
  patches: Patches;
  dim: boolean;
}

export function Correlated({ store, client, look, patches, dim }: Props) {
  const source = sourceOf(look, patches);
  const others = [...(patches.correlated ?? [])]
    .map((channel, at) => ({ channel, r: patches.correlations?.[at] ?? Number.NaN }))
    .filter(({ channel, r }) => channel >= 0 && Number.isFinite(r));
  const asks = source
    ? others.map(({ channel }) => client.layouts.patches(source.held, { channel, top: 1 }))
    : [];
  const best = useAll(asks, [look.index.name, look.name, look.channel].join("|"));
  return (
    <section class={dim || best.pending ? "sec dim" : "sec"} aria-label="correlated units">
      <h2>Correlated units</h2>
      {others.length === 0 ? (
        <p class="cap">none: its activation does not change from image to image</p>
      ) : (
        <>
          <ol class="correlated">
            {others.map(({ channel, r }, at) => {
              const one = best.values[at];
              const crop = one ? cropPixels(one, 0) : null;
              return (
                <li key={channel}>
                  <button
                    type="button"
                    class="patch"
                    title={`unit ${channel}: correlation ${signedText(r)}`}
                    onClick={() => openUnit(store, look.name, channel)}
                  >
                    {crop ? (
                      <PixelCanvas {...crop} size={fitted(crop, SIDE)} label="" />
                    ) : (
                      <span class="patch-room" style={{ height: `${SIDE}px` }} />
                    )}
                    <span class="patch-text">
                      <b>
                        <span class="unseen">unit </span>
                        {channel}
                      </b>
                      <span>{signedText(r)}</span>
                    </span>
                  </button>
                </li>
              );
            })}
          </ol>
          <p class="cap">
            correlation of their largest activations over all images; each with its strongest patch
          </p>
        </>
      )}
    </section>
  );
}
