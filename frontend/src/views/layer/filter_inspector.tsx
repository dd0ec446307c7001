/** One filter: its slices large, the weight under the cross-hair, and how the layer's weights moved. */

import { useMemo } from "preact/hooks";
import type { Statistics } from "../../api/types";
import {
  type Kernels,
  kernelRange,
  mosaicOf,
  paintKernels,
  paintMatrix,
  weightAt,
  weightUnder,
} from "../../draw/kernels";
import { exactText, shapeText } from "../../draw/number_text";
import type { Store } from "../../state/store";
import { CurveChart } from "../../ui/curve_chart";
import { MapCanvas, pixelAt, type Spot } from "../../ui/map_canvas";
import { ScaleBar } from "../../ui/scale_bar";
import { StepNote } from "../../ui/step_note";
import { colourMapOf } from "../records/colouring";
import { fitted } from "../records/examples";
import { kernelsOf } from "../records/pictures_of";
import { useMaps } from "../records/use_maps";
import type { InspectorProps } from "./channel_inspector";
import { styleOf } from "./filters";
import { OpenUnit } from "./open_unit";
import { UnitAction } from "./unit_action";
import { spot } from "./use_layer";

const WIDTH = 252;

export function FilterInspector({ store, client, look, series, channel }: InspectorProps) {
  const maps = useMaps(client, store.a, series);
  const isBroken = (maps.value?.nonfinite?.[channel] ?? 0) > 0;
  const isWanted = spot.value !== null || isBroken;
  const exact = useMaps(client, store.a, isWanted ? series : null, { channel, exact: true }).value;
  const fits = exact?.values && exact.facts.step === maps.value?.facts.step ? exact : undefined;
  const values = useMemo(() => fits && kernelsOf(fits), [fits]);
  const kernels = useMemo(() => maps.value && kernelsOf(maps.value), [maps.value]);
  const style = styleOf(series, kernels);
  const colourMap = colourMapOf(store, true);
  const gamma = style === "rgb" ? 1 : store.gamma.value;
  const isShared = store.range.value === "shared";
  const picture = useMemo(() => {
    if (!kernels || channel >= kernels.count) return null;
    const range = kernelRange(kernels, isShared ? null : channel);
    const colouring = { colourMap, gamma, shared: range };
    const [drawn, at] = isBroken && values ? [values, 0] : [kernels, channel];
    const atlas =
      style === "matrix"
        ? paintMatrix(drawn, [at], colouring)
        : paintKernels(drawn, [at], 1, style, colouring);
    return { ...atlas, range };
  }, [isBroken, isBroken ? values : null, kernels, channel, style, colourMap, gamma, isShared]);
  if (!maps.value || !kernels || !picture) return null;
  const { facts } = maps.value;
  const read = readWeight(values ?? kernels, values ? 0 : channel, style, spot.value);
  return (
    <>
      <div class="row">
        <h1>Filter {channel}</h1>
        <span class="t nowrap">
          {kernels.slices} × {shapeText([kernels.height, kernels.width])}
        </span>
        <span class="grow" />
        <OpenUnit store={store} look={look} channel={channel} />
      </div>
      <div class="over">
        <MapCanvas
          map={picture}
          size={style === "matrix" ? { width: WIDTH, height: 24 } : fitted(picture, WIDTH)}
          spot={spot.value}
          onSpot={(at) => {
            spot.value = at;
          }}
          label={`filter ${channel} of ${look.name}`}
          says={`${read.place}: ${read.value}`}
          dim={maps.pending}
        />
      </div>
      <p class="cap row">
        <b class="clip">{`${series.facts.weight ?? look.name}[${channel}]`}</b>
        <StepNote
          shown={facts.step}
          wanted={store.a.shown.value}
          source={facts.source}
          problems={facts.problems}
        />
      </p>
      <div class="kv">
        <span>{read.place}</span>
        <b>{read.value}</b>
      </div>
      <div class="row over-foot">
        <ScaleBar colourMap={style === "rgb" ? "grey" : colourMap} range={picture.range} gamma={gamma} />
        {style === "rgb" && <span class="cap">per colour</span>}
      </div>
      <UnitAction store={store} client={client} look={look} channel={channel} />
      {store.a.statistics.value && (
        <WeightHistory store={store} statistics={store.a.statistics.value} layer={look.name} />
      )}
    </>
  );
}

/** The weight under a spot of the filter's picture; of a picture in colour all three. */
function readWeight(
  kernels: Kernels,
  filter: number,
  style: string,
  at: Spot | null,
): { place: string; value: string } {
  const nothing = { place: "under the cursor", value: "–" };
  if (!at) return nothing;
  const about = kernels.values ? "" : "≈ ";
  if (style === "matrix") {
    const slice = pixelAt(at, { width: kernels.slices, height: 1 }).column;
    return {
      place: `input channel ${slice}`,
      value: about + exactText(weightAt(kernels, filter, slice, 0, 0)),
    };
  }
  const mosaic = mosaicOf(kernels, style === "rgb" ? "rgb" : "slices");
  const pixel = pixelAt(at, mosaic);
  if (style === "rgb") {
    const colours = [0, 1, 2].map((slice) =>
      exactText(weightAt(kernels, filter, slice, pixel.row, pixel.column)),
    );
    return { place: `row ${pixel.row}, column ${pixel.column}`, value: about + colours.join(" · ") };
  }
  const found = weightUnder(kernels, mosaic, pixel.row, pixel.column);
  if (!found) return nothing;
  const place = `slice ${found.slice}, row ${found.row}, column ${found.column}`;
  return { place, value: about + exactText(weightAt(kernels, filter, found.slice, found.row, found.column)) };
}

const COLUMNS = [
  ["weight_norm", "norm", "Weight norm over steps"],
  ["weight_change", "change", "Change since last capture"],
] as const;

/** Norm and relative change of the whole layer's weights. */
function WeightHistory({
  store,
  statistics,
  layer,
}: {
  store: Store;
  statistics: Statistics;
  layer: string;
}) {
  const row = statistics.layers.indexOf(layer);
  if (row < 0) return null;
  const charts = COLUMNS.flatMap(([column, name, title]) => {
    const table = statistics.columns[column];
    if (!table) return [];
    const values = Float32Array.from(
      statistics.steps,
      (_, at) => table[at * statistics.layers.length + row] ?? Number.NaN,
    );
    return values.some(Number.isFinite) ? [{ column, name, title, values }] : [];
  });
  return (
    <>
      {charts.map(({ column, name, title, values }) => (
        <div class="sec" key={column}>
          <CurveChart
            title={title}
            note="whole layer"
            steps={statistics.steps}
            series={[{ name, values }]}
            shown={store.a.shown.value}
            width={WIDTH}
            height={56}
            onStep={(step) => {
              store.a.step.value = step;
            }}
          />
        </div>
      ))}
    </>
  );
}
