/** A few of the strongest channels of each layer for the example, aligned with it. */

import { useMemo, useRef } from "preact/hooks";
import type { Client } from "../../api/client";
import type { Maps, RunIndex, Series } from "../../api/types";
import { type Colouring, paintAtlas } from "../../draw/grid_pixels";
import { shapeText } from "../../draw/number_text";
import { openLayer, type Store } from "../../state/store";
import { spread } from "../../ui/film_strip";
import { MapCanvas } from "../../ui/map_canvas";
import { StepNote } from "../../ui/step_note";
import { useSize } from "../../ui/use_size";
import { colourMapOf } from "../records/colouring";
import { fitted } from "../records/examples";
import { picturesOf } from "../records/pictures_of";
import { mainShape, numberFact } from "../records/series";
import { useMaps } from "../records/use_maps";
import { spot } from "./heatmap_of";

const SIDE = 70;
const EACH = 3;
const BLOCK = EACH * (SIDE + 4) + 12;
const ROWS = 2;

interface Props {
  store: Store;
  client: Client;
  index: RunIndex;
  image: number;
}

export function LayersOfImage({ store, client, index, image }: Props) {
  const [box, size] = useSize<HTMLElement>();
  const spatial = index.series.filter((one) => one.kind === "feature_maps" && mainShape(one).length === 4);
  if (spatial.length === 0) return null;
  const kept = numberFact(spatial[0] as Series, "examples");
  if (kept !== null && image >= kept)
    return (
      <section class="image-layers" aria-label="Activations by layer">
        <h2>Activations by layer</h2>
        <p class="cap">
          kept of the first {kept} examples only; more fit with{" "}
          <code>cnnviz.method("activations", max_bytes=…)</code>
        </p>
      </section>
    );
  const columns = Math.max(1, Math.floor((size?.width ?? 0) / BLOCK));
  const some = spread(spatial, columns * ROWS);
  return (
    <section class="image-layers" ref={box} aria-label="Activations by layer">
      <div class="row cap">
        <h2>Activations by layer</h2>
        <span class="grow" />
        <span>
          the {EACH} channels of largest mean, chosen at the first step shown
          {some.length < spatial.length && ` · ${some.length} of ${spatial.length} layers`}
        </span>
      </div>
      {size && (
        <div class="image-layer-blocks">
          {some.map((series) => (
            <LayerBlock
              key={series.key}
              store={store}
              client={client}
              series={series}
              image={image}
              index={index}
            />
          ))}
        </div>
      )}
    </section>
  );
}

function LayerBlock({ store, client, series, image, index }: Props & { series: Series }) {
  const maps = useMaps(client, store.a, series, { image, ahead: false });
  const chosen = useStrongest(maps.value, [index.name, series.key, image].join("|"));
  const colourMap = colourMapOf(store, series.facts.signed === true);
  const gamma = store.gamma.value;
  const pictures = useMemo(() => {
    if (!maps.value) return [];
    const all = picturesOf(maps.value);
    const colouring: Colouring = { colourMap, gamma, shared: null };
    return chosen
      .filter((channel) => channel < all.count)
      .map((channel) => ({ channel, ...paintAtlas(all, [channel], 1, colouring) }));
  }, [maps.value, chosen, colourMap, gamma]);
  const layer = series.layer ?? series.key;
  const go = (channel: number): void => openLayer(store, layer, { channel });
  if (maps.error) return <p class="cap bad">{maps.error.message}</p>;
  return (
    <div>
      <div class="image-layer-maps">
        {pictures.map(({ channel, ...map }) => (
          <MapCanvas
            key={channel}
            map={map}
            size={fitted(map, SIDE)}
            spot={spot.value}
            onSpot={(at) => {
              spot.value = at;
            }}
            onClick={() => go(channel)}
            label={`channel ${channel} of ${layer}`}
            says=""
            dim={maps.pending}
            passive
          />
        ))}
      </div>
      <p class="cap clip">
        <button type="button" class="link" onClick={() => go(pictures[0]?.channel ?? 0)}>
          {layer}
        </button>{" "}
        {shapeText(mainShape(series).slice(1))} · ch. {pictures.map((one) => one.channel).join(", ")}
        {maps.value && maps.value.facts.step !== store.a.shown.value && (
          <>
            {" "}
            <StepNote shown={maps.value.facts.step} wanted={store.a.shown.value} />
          </>
        )}
      </p>
    </div>
  );
}

/** The channels of largest mean at the first answer for `identity`; kept, so that they do not change under the hand. */
function useStrongest(maps: Maps | undefined, identity: string): number[] {
  const kept = useRef<{ identity: string; channels: number[] }>({ identity: "", channels: [] });
  if (maps && kept.current.identity !== identity)
    kept.current = { identity, channels: strongest(maps.mean ?? maps.high, EACH) };
  return kept.current.identity === identity ? kept.current.channels : [];
}

/** Places of the largest values, largest first; what is no number comes last. */
export function strongest(values: ArrayLike<number>, count: number): number[] {
  const places = Array.from({ length: values.length }, (_, place) => place);
  const value = (place: number) => {
    const number = values[place] as number;
    return Number.isNaN(number) ? Number.NEGATIVE_INFINITY : number;
  };
  return places.sort((a, b) => value(b) - value(a) || a - b).slice(0, count);
}
