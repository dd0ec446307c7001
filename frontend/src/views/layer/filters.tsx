/** The filters tab: a convolution's kernels. */

import { useMemo, useRef } from "preact/hooks";
import type { Maps, Series } from "../../api/types";
import type { CellText } from "../../draw/grid_painter";
import {
  type KernelStyle,
  type Kernels,
  kernelRange,
  kernelStyles,
  mosaicOf,
  paintKernels,
} from "../../draw/kernels";
import { shapeText, valueText } from "../../draw/number_text";
import { openUnit } from "../../state/store";
import { Failed, Waiting } from "../../ui/panel_state";
import { type Drawn, PictureGrid } from "../../ui/picture_grid";
import { ScaleBar } from "../../ui/scale_bar";
import { StepNote } from "../../ui/step_note";
import { ColourControl, colourMapOf, GammaControl, RangeControl } from "../records/colouring";
import { Later } from "../records/later";
import { kernelsOf } from "../records/pictures_of";
import { numberFact } from "../records/series";
import { Sharing } from "../records/sharing";
import { useMaps } from "../records/use_maps";
import type { ViewProps } from "../view";
import { Film } from "./film";
import { Head } from "./head";
import { Matrix } from "./matrix";
import { type LayerLook, pointed } from "./use_layer";

export function Filters({ store, client, look }: ViewProps & { look: LayerLook }) {
  const { index, name, selected } = look;
  const series = look.tab?.series ?? null;
  const maps = useMaps(client, store.a, series, { ahead: true });
  const drawn: Drawn = useRef<(() => HTMLCanvasElement | null) | null>(null);
  const broken = maps.value?.nonfinite?.some((count) => count > 0) ?? false;
  const exact = useMaps(client, store.a, broken ? series : null, { exact: true }).value;
  const shown = exact && exact.facts.step === maps.value?.facts.step ? exact : maps.value;
  const kernels = useMemo(() => shown && kernelsOf(shown), [shown]);
  if (!series) return null;
  const style = styleOf(series, kernels);
  const step = maps.value?.facts.step ?? "";
  const caption = `${name} · ${look.order.length} filters · step ${step} · run ${index.name}`;
  const props = { store, client, look, series, drawn, dim: maps.pending };
  return (
    <>
      <Head store={store} look={look}>
        <Sharing store={store} client={client} maps={maps.value} drawn={drawn} caption={caption} />
      </Head>
      <div class="bar">
        <RangeControl store={store} one="filter" />
        {style !== "rgb" && <GammaControl store={store} />}
        {style !== "rgb" && <ColourControl store={store} signed />}
      </div>
      {!maps.capture ? (
        <Later store={store} index={index} series={series} />
      ) : maps.error ? (
        <Failed error={maps.error} retry={maps.retry} />
      ) : maps.value && kernels && style === "matrix" ? (
        <Matrix {...props} maps={maps.value} kernels={kernels} />
      ) : maps.value && kernels ? (
        <Grid {...props} maps={maps.value} kernels={kernels} style={style === "rgb" ? "rgb" : "slices"} />
      ) : (
        <Waiting late={maps.late} what={`${look.order.length} filters of ${name}`} />
      )}
      {maps.value && kernels && (
        <div class="row grid-foot">
          <StepNote
            shown={maps.value.facts.step}
            wanted={store.a.shown.value}
            source={maps.value.facts.source}
            problems={maps.value.facts.problems}
          />
          <Shape series={series} kernels={kernels} />
          <span class="grow" />
          <Scale store={store} kernels={kernels} style={style} />
        </div>
      )}
      {selected !== null && (
        <Film
          store={store}
          client={client}
          index={index}
          series={series}
          channel={selected}
          image={null}
          title={`Filter ${selected}`}
          subtitle=""
          signed
          maps={maps.value}
        />
      )}
    </>
  );
}

/** Colours only where the method says that the slices are the image's colours. */
export function styleOf(series: Series, kernels: Kernels | undefined): KernelStyle {
  return kernels ? (kernelStyles(kernels, series.facts.rgb === true)[0] ?? "slices") : "slices";
}

interface GridProps extends ViewProps {
  look: LayerLook;
  series: Series;
  maps: Maps;
  kernels: Kernels;
  drawn: Drawn;
  dim: boolean;
}

function Grid({ store, look, maps, kernels, style, drawn, dim }: GridProps & { style: "rgb" | "slices" }) {
  const colourMap = colourMapOf(store, true);
  const gamma = store.gamma.value;
  const isShared = store.range.value === "shared";
  const scene = useMemo(() => {
    const shared = isShared ? kernelRange(kernels, null) : null;
    return { colourMap, gamma, shared };
  }, [kernels, colourMap, gamma, isShared]);
  const order = useMemo(
    () => look.order.filter((filter) => filter < kernels.count),
    [look.order, kernels.count],
  );
  const bound = (filter: number) => valueText(kernelRange(kernels, filter).high);
  return (
    <PictureGrid
      label={`${order.length} filters of ${look.name}`}
      order={order}
      picture={mosaicOf(kernels, style)}
      gap={style === "slices" && kernels.slices > 1 ? 12 : undefined}
      atlas={(some, columns) => paintKernels(kernels, some, columns, style, scene)}
      text={(filter) => filterText(maps, kernels, filter)}
      says={(filter) => `filter ${filter} of ${kernels.count}, weights up to ${bound(filter)}`}
      selected={look.selected}
      onSelect={(filter) => {
        store.channel.value = filter;
      }}
      onOpen={(filter) => openUnit(store, look.name, filter)}
      onPoint={(point) => {
        pointed.value = point;
      }}
      version={scene}
      theme={store.theme.value}
      dim={dim}
      drawn={drawn}
    />
  );
}

/** Below this share of the layer's largest weight a filter does nothing. */
const IDLE = 1e-4;

/** Number and largest weight; a mark on filters with NaN, and on those of next to no weight. */
function filterText(maps: Maps, kernels: Kernels, filter: number): CellText {
  const left = String(filter);
  const broken = maps.nonfinite?.[filter] ?? 0;
  if (broken > 0) return { left, right: "NaN", tone: "bad" };
  const { high } = kernelRange(kernels, filter);
  const idle = high < IDLE * kernelRange(kernels, null).high;
  return { left, right: `±${valueText(high)}`, tone: idle ? "warn" : "plain" };
}

/** "64 filters of 64 slices 3 × 3", and what was left out. */
function Shape({ series, kernels }: { series: Series; kernels: Kernels }) {
  const filters = numberFact(series, "filters_total") ?? kernels.count;
  const slices = numberFact(series, "slices_total") ?? kernels.slices;
  const groups = numberFact(series, "groups") ?? 1;
  const cut = kernels.count < filters || kernels.slices < slices;
  const size = shapeText([kernels.height, kernels.width]);
  return (
    <>
      <span class="cap">
        {filters} filters × {slices} {slices === 1 ? "slice" : "slices"} of {size}
        {groups > 1 && ` · ${groups} groups`}
      </span>
      {cut && (
        <span class="stale">
          shown: first {kernels.count} filters, {kernels.slices} slices
        </span>
      )}
    </>
  );
}

function Scale({
  store,
  kernels,
  style,
}: {
  store: ViewProps["store"];
  kernels: Kernels;
  style: KernelStyle;
}) {
  if (store.range.value === "channel")
    return (
      <span class="cap">
        each filter on ± its largest weight{style === "rgb" ? ", zero is mid grey" : ""}
      </span>
    );
  const colourMap = style === "rgb" ? "grey" : colourMapOf(store, true);
  const gamma = style === "rgb" ? 1 : store.gamma.value;
  return <ScaleBar colourMap={colourMap} range={kernelRange(kernels, null)} gamma={gamma} />;
}

export type { GridProps };
