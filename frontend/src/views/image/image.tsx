/** One example: maps over it, their history, and what the layers make of it. */

import { useMemo, useRef } from "preact/hooks";
import type { RunIndex, Series } from "../../api/types";
import { canvasOf, context2d, drawScaled } from "../../draw/canvas";
import { shapeText } from "../../draw/number_text";
import { MapCanvas } from "../../ui/map_canvas";
import { Nothing } from "../../ui/panel_state";
import type { Drawn } from "../../ui/picture_grid";
import type { Pixels } from "../../ui/pixel_canvas";
import { Segmented } from "../../ui/segmented";
import { Select } from "../../ui/select";
import { Slider } from "../../ui/slider";
import { useSize } from "../../ui/use_size";
import { ColourControl } from "../records/colouring";
import {
  ExamplePicker,
  examplePixels,
  exampleTitle,
  fitted,
  shownImage,
  useExamples,
} from "../records/examples";
import { heatmaps, seriesTitle } from "../records/series";
import { Sharing } from "../records/sharing";
import type { KeyBinding, ViewProps } from "../view";
import { HeatmapFilm } from "./heatmap_film";
import { type Heatmap, isSigned, shownMap, spot, useHeatmap } from "./heatmap_of";
import { HeatmapPanel } from "./heatmap_panel";
import imageStyles from "./image.css?inline";
import { LayersOfImage } from "./layers_of_image";

export { Inspector } from "./inspector";
export const styles = imageStyles;

export const keys: readonly KeyBinding[] = [
  { key: "ArrowRight", says: "next image", run: (props) => moveImage(props, 1) },
  { key: "ArrowLeft", says: "image before", run: (props) => moveImage(props, -1) },
];

function moveImage({ store }: ViewProps, by: number): void {
  const count = store.a.index.value?.examples?.count ?? 1;
  store.image.value = Math.min(count - 1, Math.max(0, shownImage(store) + by));
}

const PERCENTS = ["100", "99.9", "99", "98", "95", "90"];

const SMOOTHINGS = [
  { value: "auto", text: "to size" },
  { value: "0", text: "none" },
  ...["1", "2", "3", "5"].map((sigma) => ({ value: sigma, text: `σ ${sigma} px` })),
];

export default function ImageView({ store, client }: ViewProps) {
  const index = store.a.index.value;
  const image = shownImage(store);
  const all = index ? heatmaps(index) : [];
  const main = all.find((one) => one.key === store.overlay.value) ?? all[0] ?? null;
  const examples = useExamples(client, store.a);
  const base = useMemo(
    () => examplePixels(examples, image, store.grey.value),
    [examples, image, store.grey.value],
  );
  if (!index) return null;
  if (!index.examples)
    return (
      <Nothing
        heading
        title="This run has no examples to look at"
        code={"cnnviz.Recorder(model, writer, examples=images, labels=labels, class_names=names)"}
      />
    );
  const props = { store, client, index, image, base };
  return (
    <div class="image-view">
      <Maps {...props} all={all} main={main} />
      {main && main.at.length > 1 && <HeatmapFilm {...props} series={main} />}
      <LayersOfImage store={store} client={client} index={index} image={image} />
    </div>
  );
}

interface Props extends ViewProps {
  index: RunIndex;
  image: number;
  base: Pixels | null;
}

interface MapsProps extends Props {
  all: Series[];
  main: Series | null;
}

function Maps({ store, client, index, image, base, all, main }: MapsProps) {
  const drawn: Drawn = useRef<(() => HTMLCanvasElement | null) | null>(null);
  const heatmap = useHeatmap(client, store, store.a, main, image);
  const title = exampleTitle(index, image);
  const signed = main !== null && isSigned(main, heatmap.value);
  const step = heatmap.value?.facts.step ?? "";
  const caption = `${main ? seriesTitle(main) : ""} · image ${title} · step ${step} · run ${index.name}`;
  useDrawn(drawn, store, heatmap, signed, base);
  return (
    <>
      <div class="head">
        <h1 class="clip">Image {title}</h1>
        <span class="t clip">{base ? shapeText([base.height, base.width]) : ""}</span>
        <span class="grow" />
        <Sharing store={store} client={client} maps={heatmap.value} drawn={drawn} caption={caption} />
      </div>
      <div class="bar">
        <ExamplePicker store={store} client={client} />
        {main && <Controls store={store} signed={signed} />}
      </div>
      {main ? (
        <Panels
          store={store}
          client={client}
          index={index}
          image={image}
          base={base}
          all={all}
          main={main}
          heatmap={heatmap}
        />
      ) : (
        <Nothing title="No map over the examples is recorded" code={'methods=["saliency", …]'}>
          Saliency is part of methods="default"; it needs a model that is differentiable at its input.
          <Skipped index={index} method="saliency" />
        </Nothing>
      )}
    </>
  );
}

function Skipped({ index, method }: { index: RunIndex; method: string }) {
  const skipped = index.skipped.findLast((one) => one.method === method);
  return skipped ? (
    <p class="warn">
      ▲ skipped at step {skipped.step}: {skipped.reason}
    </p>
  ) : null;
}

function Controls({ store, signed }: { store: ViewProps["store"]; signed: boolean }) {
  const percent = String(store.percent.value);
  const percents = PERCENTS.includes(percent) ? PERCENTS : [percent, ...PERCENTS];
  return (
    <>
      <Slider
        label="Overlay"
        value={store.opacity.value}
        low={0}
        high={1}
        step={0.05}
        text={`${Math.round(store.opacity.value * 100)} %`}
        onChange={(value) => {
          store.opacity.value = value;
        }}
      />
      <span class="cap nowrap">
        <kbd>Space</kbd> hides
      </span>
      <Select
        label="Range"
        value={percent}
        options={percents.map((value) => ({ value, text: value === "100" ? "all" : `${value} %` }))}
        onChoose={(value) => {
          store.percent.value = Number(value);
        }}
      />
      <Select
        label="Smooth"
        value={store.smooth.value === null ? "auto" : String(store.smooth.value)}
        options={SMOOTHINGS}
        onChoose={(value) => {
          store.smooth.value = value === "auto" ? null : Number(value);
        }}
      />
      <Segmented
        label="Input below the map"
        value={store.grey.value ? "grey" : "colour"}
        choices={[
          { value: "grey", text: "grey" },
          { value: "colour", text: "colour" },
        ]}
        onChoose={(value) => {
          store.grey.value = value === "grey";
        }}
      />
      <ColourControl store={store} signed={signed} />
    </>
  );
}

interface PanelsProps extends MapsProps {
  main: Series;
  heatmap: Heatmap;
}

const GAP = 16;
const LARGEST = 320;

/** All maps side by side; a single one between the example and itself alone. */
function Panels({ store, client, index, image, base, all, main, heatmap }: PanelsProps) {
  const [box, size] = useSize<HTMLDivElement>();
  const isAlone = all.length === 1;
  const columns = isAlone ? 3 : Math.min(all.length, 4);
  const room = size ? (size.width + GAP) / columns - GAP : 0;
  const side = Math.floor(Math.max(140, Math.min(0.3 * window.innerHeight, LARGEST, room)));
  const common = { store, client, index, image, base, side };
  return (
    <div class="heatmaps" ref={box}>
      {size && isAlone && <InputFigure store={store} client={client} image={image} side={side} />}
      {size &&
        all.map((series) =>
          series === main ? (
            <HeatmapPanel key={series.key} {...common} series={series} heatmap={heatmap} />
          ) : (
            <OtherPanel key={series.key} {...common} series={series} />
          ),
        )}
      {size && isAlone && <HeatmapPanel {...common} series={main} heatmap={heatmap} alone />}
    </div>
  );
}

function InputFigure({ store, client, image, side }: ViewProps & { image: number; side: number }) {
  const examples = useExamples(client, store.a);
  const pixels = useMemo(() => examplePixels(examples, image), [examples, image]);
  if (!pixels) return null;
  return (
    <figure class="fig">
      <div class="row fig-title">
        <b>Input</b>
      </div>
      <MapCanvas
        map={pixels}
        size={fitted(pixels, side)}
        spot={spot.value}
        onSpot={(at) => {
          spot.value = at;
        }}
        label={`image ${image}`}
        says=""
        passive
      />
      <div class="row fig-foot cap">true colours</div>
    </figure>
  );
}

function OtherPanel({ store, client, series, image, ...rest }: Props & { series: Series; side: number }) {
  const heatmap = useHeatmap(client, store, store.a, series, image);
  const props = { ...rest, store, client, series, image };
  return <HeatmapPanel {...props} heatmap={heatmap} />;
}

/** The overlay at the map's own size, at least 512 px, for the clipboard. */
function useDrawn(
  drawn: Drawn,
  store: ViewProps["store"],
  heatmap: Heatmap,
  signed: boolean,
  base: Pixels | null,
): void {
  drawn.current = () => {
    if (!heatmap.pictures) return null;
    const map = shownMap(store, heatmap.pictures, signed, base ? store.opacity.peek() : 1);
    const scale = Math.max(1, Math.ceil(512 / Math.max(map.width, map.height)));
    const paper = document.createElement("canvas");
    paper.width = map.width * scale;
    paper.height = map.height * scale;
    for (const layer of base ? [base, map] : [map]) {
      const from = { x: 0, y: 0, width: layer.width, height: layer.height };
      const to = { x: 0, y: 0, width: paper.width, height: paper.height };
      drawScaled(context2d(paper), canvasOf(layer.pixels, layer.width, layer.height), from, to);
    }
    return paper;
  };
}
