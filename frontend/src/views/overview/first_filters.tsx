/** The filters of the first convolution, as they are at this step. */

import { useMemo } from "preact/hooks";
import type { Layer, Maps, Series } from "../../api/types";
import { type Kernels, kernelRange, kernelStyles, mosaicOf, paintKernels } from "../../draw/kernels";
import { countText, shapeText } from "../../draw/number_text";
import { openLayer, type Store } from "../../state/store";
import { Failed, Waiting } from "../../ui/panel_state";
import { ScaleBar } from "../../ui/scale_bar";
import { StepNote } from "../../ui/step_note";
import { kernelsOf } from "../records/pictures_of";
import { useMaps } from "../records/use_maps";
import type { ViewProps } from "../view";
import { Tiles } from "./tiles";

/** More than this many filters are for the layer view. */
const LIMIT = 64;

export function FirstFilters({ store, client }: ViewProps) {
  const first = firstKernels(store);
  const maps = useMaps(client, store.a, first?.series, { ahead: true });
  if (!first) return null;
  const { layer, series } = first;
  const count = series.arrays[Object.keys(series.arrays)[0] ?? ""]?.shape[0] ?? 0;
  return (
    <section class="band-part">
      <div class="row">
        <h2>First layer</h2>
        <button type="button" class="link cap clip" onClick={() => open(store, layer, series)}>
          {layer.name}
        </button>
        <span class="grow" />
        {maps.value && (
          <StepNote
            shown={maps.value.facts.step}
            wanted={store.a.shown.value}
            source={maps.value.facts.source}
          />
        )}
      </div>
      <div class="band-box">
        {maps.error ? (
          <Failed error={maps.error} retry={maps.retry} />
        ) : maps.value ? (
          <div class={maps.pending ? "dim" : ""}>
            <Filters store={store} maps={maps.value} open={(filter) => open(store, layer, series, filter)} />
          </div>
        ) : maps.capture ? (
          <Waiting late={maps.late} what="filters" />
        ) : (
          <p class="cap">recorded from step {store.a.index.value?.steps[series.at[0] ?? 0]} on</p>
        )}
      </div>
      {brokenIn(maps.value) > 0 && (
        <div class="cap bad">▲ {countText(brokenIn(maps.value))} weights are NaN or infinite</div>
      )}
      <div class="row cap">
        <span class="nowrap">
          {count > LIMIT ? `${LIMIT} of ${count}` : count} filters · one symmetric scale
        </span>
        <span class="grow" />
        {maps.value && <Scale store={store} maps={maps.value} />}
      </div>
    </section>
  );
}

function Scale({ store, maps }: { store: Store; maps: Maps }) {
  const kernels = useMemo(() => kernelsOf(maps), [maps]);
  const isColour = kernelStyles(kernels, true)[0] === "rgb";
  return (
    <ScaleBar
      colourMap={isColour ? "grey" : store.signedCmap.value}
      range={kernelRange(kernels, null)}
      unit={isColour ? "per colour" : null}
    />
  );
}

function brokenIn(maps: Maps | undefined): number {
  return maps?.nonfinite?.reduce((sum, count) => sum + count, 0) ?? 0;
}

function open(store: Store, layer: Layer, series: Series, channel?: number): void {
  store.method.value = series.method;
  openLayer(store, layer.name, channel === undefined ? {} : { channel });
}

/** The kernels of the first layer in forward order that has some recorded. */
function firstKernels(store: Store): { layer: Layer; series: Series } | null {
  const index = store.a.index.value;
  for (const layer of index?.layers ?? []) {
    const series = index?.series.find((one) => one.kind === "kernels" && one.layer === layer.name);
    if (series) return { layer, series };
  }
  return null;
}

function Filters({ store, maps, open }: { store: Store; maps: Maps; open: (filter: number) => void }) {
  const colourMap = store.signedCmap.value;
  const painted = useMemo(() => paint(kernelsOf(maps), colourMap), [maps, colourMap]);
  const names = useMemo(
    () => Array.from({ length: painted.count }, (_, i) => `filter ${i}, ${painted.says}`),
    [painted],
  );
  return <Tiles {...painted} names={names} onOpen={open} />;
}

function paint(kernels: Kernels, colourMap: "bwr" | "puor") {
  const count = Math.min(kernels.count, LIMIT);
  const order = Array.from({ length: count }, (_, i) => i);
  const style = kernelStyles(kernels, true)[0] === "rgb" ? "rgb" : "slices";
  const atlas = paintKernels(kernels, order, Math.max(count, 1), style, {
    colourMap,
    gamma: 1,
    shared: kernelRange(kernels, null),
  });
  const { width, height } = mosaicOf(kernels, style);
  return {
    atlas,
    count,
    picture: { width, height },
    says: shapeText([kernels.slices, kernels.height, kernels.width]),
  };
}
