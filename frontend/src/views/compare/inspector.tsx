/** Right column of the compare view: the selected channel of A, of B, and their difference, under one cross-hair. */

import { useMemo } from "preact/hooks";
import type { Maps } from "../../api/types";
import type { Colouring } from "../../draw/grid_pixels";
import { exactText } from "../../draw/number_text";
import { valueAt } from "../../draw/pictures";
import type { ValueRange } from "../../draw/value_range";
import { MapCanvas, pixelAt } from "../../ui/map_canvas";
import { ScaleBar } from "../../ui/scale_bar";
import { colourMapOf } from "../records/colouring";
import { fitted } from "../records/examples";
import { picturesOf } from "../records/pictures_of";
import type { ViewProps } from "../view";
import { usePairColouring } from "./grid_pair";
import { rangesOf, stackOf } from "./pair";
import { SideLabel } from "./side_label";
import { type Pair, spot, usePair } from "./use_pair";

const WIDTH = 252;
const HALF = 122;

export function Inspector({ store, client }: ViewProps) {
  // Whole layers of exact values: not for each step that a hand passes over.
  const rests = !store.scrubbing.value && !store.playing.value;
  const pair = usePair(client, store, rests && store.b.run.value !== null);
  const { ranges, colouring } = usePairColouring(store, pair);
  if (store.b.run.value === null) return <p class="cap">choose B to compare with</p>;
  const channel = pair.subject === "heatmap" ? 0 : (store.channel.value ?? 0);
  const common = colouring.shared ?? ranges.each[channel] ?? ranges.all;
  const title = { filters: "Filter", activations: "Channel", heatmap: "Map of image" }[pair.subject];
  return (
    <>
      <div class="row">
        <h1>
          {title} {pair.subject === "heatmap" ? pair.image : channel}
        </h1>
      </div>
      <div class="pair-small">
        {[pair.a, pair.b].map((one) => (
          <div key={one.side.name}>
            <SideLabel one={one} />
            {one.maps.value && (
              <Small
                pair={pair}
                maps={one.maps.value}
                channel={channel}
                range={common}
                colouring={colouring}
                side={HALF}
                label={one.side.name}
                dim={one.maps.pending}
              />
            )}
          </div>
        ))}
      </div>
      <div class="over-foot">
        <ScaleBar colourMap={colouring.colourMap} range={common} gamma={colouring.gamma} />
      </div>
      <div class="sec">
        <h2>A − B</h2>
        <Difference store={store} pair={pair} channel={channel} />
      </div>
      <Values pair={pair} channel={channel} />
    </>
  );
}

function Difference({ store, pair, channel }: { store: ViewProps["store"]; pair: Pair; channel: number }) {
  const colourMap = colourMapOf(store, true);
  const gamma = store.gamma.value;
  const maps = pair.difference;
  const range = useMemo(() => maps && rangesOf([maps], colourMap).each[channel], [maps, colourMap, channel]);
  if (pair.reason) return <p class="cap">{pair.reason}</p>;
  if (!maps || !range) return null;
  const colouring = { colourMap, gamma, shared: null };
  return (
    <>
      <Small
        pair={pair}
        maps={maps}
        channel={channel}
        range={range}
        colouring={colouring}
        side={WIDTH}
        label="A minus B"
        dim={false}
      />
      <div class="over-foot">
        <ScaleBar colourMap={colourMap} range={range} gamma={gamma} />
      </div>
    </>
  );
}

interface SmallProps {
  pair: Pair;
  maps: Maps;
  channel: number;
  range: ValueRange;
  colouring: Colouring;
  side: number;
  label: string;
  dim: boolean;
}

function Small({ pair, maps, channel, range, colouring, side, label, dim }: SmallProps) {
  const rgb = pair.a.series?.facts.rgb === true;
  const { colourMap, gamma } = colouring;
  const map = useMemo(() => {
    const stack = stackOf(maps, pair.subject, rgb);
    return channel < stack.count ? stack.atlas([channel], 1, { colourMap, gamma, shared: range }) : null;
  }, [maps, pair.subject, rgb, channel, colourMap, gamma, range]);
  if (!map) return <p class="cap">not there</p>;
  return (
    <MapCanvas
      map={map}
      size={fitted(map, side)}
      spot={spot.value}
      onSpot={(at) => {
        spot.value = at;
      }}
      label={label}
      says=""
      dim={dim}
      passive
    />
  );
}

/** The exact difference under the cross-hair; of filters the mosaic has no single pixel a weight. */
function Values({ pair, channel }: { pair: Pair; channel: number }) {
  const maps = pair.difference;
  if (!maps || pair.subject === "filters") return null;
  const pictures = picturesOf(maps);
  const at = spot.value && pixelAt(spot.value, pictures);
  return (
    <div class="kv">
      <span>{at ? `A − B at row ${at.row}, column ${at.column}` : "A − B under the cursor"}</span>
      <b>{at ? exactText(valueAt(pictures, channel, at.row, at.column)) : "–"}</b>
    </div>
  );
}
