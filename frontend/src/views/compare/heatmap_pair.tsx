/** A map over one example of A and of B, and their difference, with one cross-hair. */

import { useMemo } from "preact/hooks";
import type { Maps } from "../../api/types";
import { canvasOf } from "../../draw/canvas";
import { type ColourMap, isDiverging } from "../../draw/colour_map";
import { paintHeatmap } from "../../draw/heatmap";
import { exactText } from "../../draw/number_text";
import { pictureValues, valueAt } from "../../draw/pictures";
import { drawnRange, percentileRange, type ValueRange } from "../../draw/value_range";
import { MapCanvas, pixelAt } from "../../ui/map_canvas";
import { Nothing } from "../../ui/panel_state";
import { ScaleBar } from "../../ui/scale_bar";
import { useSize } from "../../ui/use_size";
import { colourMapOf } from "../records/colouring";
import { fitted } from "../records/examples";
import { picturesOf } from "../records/pictures_of";
import type { PairProps } from "./grid_pair";
import { SideLabel, sideState } from "./side_label";
import { flipped, spot } from "./use_pair";

const GAP = 16;

export function HeatmapPair({ store, pair, drawn }: PairProps) {
  const [box, size] = useSize<HTMLDivElement>();
  const signed = pair.a.series?.facts.signed === true;
  const colourMap = colourMapOf(store, signed);
  const [a, b] = [pair.a.maps.value, pair.b.maps.value];
  const percent = store.percent.value;
  const isShared = store.range.value === "shared" || store.compare.value === "flicker";
  const ranges = useMemo(() => {
    const own = [a, b].map((maps) => maps && rangeOf(maps, percent, colourMap));
    const both = union(
      own.filter((range) => range !== undefined),
      isDiverging(colourMap),
    );
    return isShared ? [both, both] : own;
  }, [a, b, percent, colourMap, isShared]);
  const mode = store.compare.value;
  const side = size ? Math.floor(Math.min((size.width + GAP) / (mode === "side" ? 3 : 2) - GAP, 420)) : 0;
  const sides =
    mode === "difference" ? [] : mode === "side" ? [pair.a, pair.b] : [flipped.value ? pair.b : pair.a];
  return (
    <div class="heatmaps" ref={box}>
      {sides.map((one) => (
        <figure class="fig" key={one.side.name} style={{ width: `${Math.max(side, 140)}px` }}>
          <SideLabel one={one} />
          {sideState(store, one) ?? (
            <One
              maps={one.maps.value as Maps}
              range={ranges[one === pair.a ? 0 : 1] ?? { low: 0, high: 0 }}
              colourMap={colourMap}
              gamma={store.gamma.value}
              side={side}
              label={`${one.side.name}, image ${pair.image}`}
              dim={one.maps.pending}
              drawn={drawn}
            />
          )}
        </figure>
      ))}
      {mode !== "flicker" && size && <Subtracted store={store} pair={pair} side={side} drawn={drawn} />}
      {mode === "flicker" && <p class="cap">hold x to see B in A's place; both on one range</p>}
    </div>
  );
}

function Subtracted({ store, pair, side, drawn }: Omit<PairProps, "client"> & { side: number }) {
  const colourMap = colourMapOf(store, true);
  const maps = pair.difference;
  const percent = store.percent.value;
  const range = useMemo(() => maps && rangeOf(maps, percent, colourMap), [maps, percent, colourMap]);
  const steps = [pair.a, pair.b].map((one) => one.maps.value?.facts.step ?? "–").join(" − ");
  return (
    <figure class="fig" style={{ width: `${Math.max(side, 140)}px` }}>
      <div class="row side-label">
        <b>A − B</b>
        <span class="cap">steps {steps}, exact values</span>
      </div>
      {pair.reason ? (
        <Nothing title={pair.reason} />
      ) : (
        maps &&
        range && (
          <One
            maps={maps}
            range={range}
            colourMap={colourMap}
            gamma={store.gamma.value}
            side={side}
            label={`A minus B, image ${pair.image}`}
            dim={pair.a.maps.pending || pair.b.maps.pending}
            drawn={drawn}
          />
        )
      )}
    </figure>
  );
}

interface OneProps {
  maps: Maps;
  range: ValueRange;
  colourMap: ColourMap;
  gamma: number;
  side: number;
  label: string;
  dim: boolean;
  drawn: PairProps["drawn"];
}

function One({ maps, range, colourMap, gamma, side, label, dim, drawn }: OneProps) {
  const scene = useMemo(() => {
    const pictures = picturesOf(maps);
    const pixels = paintHeatmap(pictureValues(pictures, 0), range, { colourMap, gamma });
    return { pictures, map: { pixels, width: pictures.width, height: pictures.height } };
  }, [maps, range, colourMap, gamma]);
  const { pictures, map } = scene;
  drawn.current = () => canvasOf(map.pixels, map.width, map.height);
  const at = spot.value && pixelAt(spot.value, pictures);
  const value = at ? exactText(valueAt(pictures, 0, at.row, at.column)) : "";
  const says = at ? `row ${at.row}, column ${at.column}: ${pictures.values ? "" : "≈ "}${value}` : "";
  return (
    <>
      <MapCanvas
        map={map}
        size={fitted(map, side)}
        spot={spot.value}
        onSpot={(next) => {
          spot.value = next;
        }}
        label={label}
        says={says}
        dim={dim}
      />
      <div class="row fig-foot">
        <ScaleBar colourMap={colourMap} range={range} gamma={gamma} clipped />
        <span class="grow" />
        <b class="cap">{says}</b>
      </div>
    </>
  );
}

function rangeOf(maps: Maps, percent: number, colourMap: ColourMap): ValueRange {
  return percentileRange(pictureValues(picturesOf(maps), 0), percent, isDiverging(colourMap));
}

function union(ranges: readonly ValueRange[], diverging: boolean): ValueRange {
  const low = Math.min(0, ...ranges.map((range) => range.low));
  const high = Math.max(0, ...ranges.map((range) => range.high));
  return drawnRange({ low, high }, diverging);
}
