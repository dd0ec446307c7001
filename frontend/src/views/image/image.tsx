/** The bench: all maps of one picture side by side, what the steps and the layers make of it. */

import { useMemo, useRef } from "preact/hooks";
import { shapeText } from "../../draw/number_text";
import { benchPicture } from "../../state/bench_pictures";
import { exampleName } from "../../state/predictions";
import { MapCanvas } from "../../ui/map_canvas";
import { Nothing } from "../../ui/panel_state";
import type { Pixels } from "../../ui/pixel_canvas";
import { useSize } from "../../ui/use_size";
import {
  className,
  examplePixels,
  exampleTitle,
  fitted,
  labelOf,
  shownImage,
  useExamples,
} from "../records/examples";
import trustStyles from "../results/trust.css?inline";
import type { KeyBinding, ViewProps } from "../view";
import { BenchSharing, type Shared } from "./bench_sharing";
import { BothRuns, OtherRun } from "./both_runs";
import { ClassChooser } from "./class_chooser";
import { ComputedFilm } from "./computed_film";
import { Controls } from "./controls";
import { HeatmapFilm } from "./heatmap_film";
import { isSigned, spot } from "./heatmap_of";
import imageStyles from "./image.css?inline";
import { LayersOfImage } from "./layers_of_image";
import { MapPanel, type PanelProps } from "./map_panel";
import { MoreMaps } from "./more_maps";
import { OwnPictureButton, ownPixels, PicturePicker, takePicture, trouble } from "./picture_picker";
import { isRecordedFor } from "./slots";
import { type Bench, useBench } from "./use_bench";

export { Inspector } from "./inspector";
export const styles = imageStyles + trustStyles;

export const keys: readonly KeyBinding[] = [
  { key: "ArrowRight", says: "next image", run: (props) => moveImage(props, 1) },
  { key: "ArrowLeft", says: "image before", run: (props) => moveImage(props, -1) },
];

function moveImage({ store }: ViewProps, by: number): void {
  const count = store.a.index.value?.examples?.count ?? 1;
  benchPicture.value = null;
  trouble.value = "";
  store.image.value = Math.min(count - 1, Math.max(0, shownImage(store) + by));
}

export default function ImageView({ store, client }: ViewProps) {
  const bench = useBench(store, client);
  const base = useBase({ store, client });
  if (!bench) return null;
  const { index, scene } = bench;
  if (!index.examples)
    return (
      <Nothing
        heading
        title="This run has no examples to look at"
        code={"cnnviz.Recorder(model, writer, examples=images, labels=labels, class_names=names)"}
      />
    );
  const props = { store, client, bench, base };
  const { main } = bench;
  const film = main && isRecordedFor(scene, main) ? main.series : null;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button "Own picture" does the same
    <div
      class="image-view"
      onDragOver={(event) => {
        if (event.dataTransfer?.types.includes("Files")) event.preventDefault();
      }}
      onDrop={(event) => {
        const file = event.dataTransfer?.files[0];
        if (!file) return;
        event.preventDefault();
        void takePicture(store, client, file);
      }}
    >
      <Maps {...props} />
      {bench.main && bench.slots.length > 1 && store.b.run.value !== null && (
        <BothRuns {...props} main={bench.main} side={SIDE_OF_BOTH} />
      )}
      {film && film.at.length > 1 && (
        <HeatmapFilm
          store={store}
          client={client}
          index={index}
          image={scene.image}
          base={base}
          series={film}
        />
      )}
      {main && !film && <ComputedFilm {...props} slot={main} />}
      {!scene.own && <LayersOfImage store={store} client={client} index={index} image={scene.image} />}
    </div>
  );
}

/** What lies under the maps. */
function useBase({ store, client }: ViewProps): Pixels | null {
  const examples = useExamples(client, store.a);
  const image = shownImage(store);
  const own = benchPicture.value;
  const grey = store.grey.value;
  return useMemo(
    () => (own ? ownPixels(own, grey) : examplePixels(examples, image, grey)),
    [examples, image, own?.data, grey],
  );
}

interface Props extends ViewProps {
  bench: Bench;
  base: Pixels | null;
}

function Maps({ store, client, bench, base }: Props) {
  const shared = useRef<Shared | null>(null);
  const { index, scene, main, slots } = bench;
  const name = exampleName(index.examples, scene.image);
  const label = labelOf(index, scene.image);
  const title = scene.own?.name ?? name ?? `Image ${exampleTitle(index, scene.image)}`;
  const more = name === null ? [] : [`image ${scene.image}`, label === null ? "" : className(index, label)];
  const about = scene.own ? ["own picture, not part of the run"] : more;
  const shape = base ? shapeText([base.height, base.width]) : "";
  const signed = main?.series ? isSigned(main.series, undefined) : (shared.current?.signed ?? false);
  return (
    <>
      <div class="head">
        <h1 class="clip">{title}</h1>
        <span class="t clip">{[shape, ...about].filter(Boolean).join(" · ")}</span>
        <OwnPictureButton store={store} client={client} />
        <span class="grow" />
        <ClassChooser store={store} bench={bench} />
        <BenchSharing store={store} shared={shared} />
      </div>
      <div class="bar">
        <PicturePicker store={store} client={client} />
        {slots.length > 0 && <Controls store={store} signed={signed} />}
      </div>
      {trouble.value && (
        <p class="warn cap" role="alert">
          ▲ {trouble.value}
        </p>
      )}
      {slots.length > 0 ? (
        <Panels store={store} client={client} bench={bench} base={base} shared={shared} />
      ) : (
        <Nothing title="No map over this picture is recorded" code={'methods=["saliency", …]'}>
          Saliency is part of methods="default"; it needs a model that is differentiable at its input.
          <Skipped bench={bench} method="saliency" />
        </Nothing>
      )}
      {bench.jobs.some((job) => job.request.method === "trust") && (
        <p class="cap rho-says">
          <b>ρ</b>: rank correlation of the map with that of the same net after its last layer is drawn anew;
          near 1 means that the map does not show what was learned.
        </p>
      )}
      <MoreMaps store={store} client={client} bench={bench} />
    </>
  );
}

function Skipped({ bench, method }: { bench: Bench; method: string }) {
  const skipped = bench.index.skipped.findLast((one) => one.method === method);
  return skipped ? (
    <p class="warn">
      ▲ skipped at step {skipped.step}: {skipped.reason}
    </p>
  ) : null;
}

const GAP = 16;
const SIDE_OF_BOTH = 220;
const LARGEST = 320;
const NARROWEST = 160;

/** Four beside each other, or as many as there are; a fifth where it leaves no hole. */
function columnsOf(count: number, width: number): number {
  const inRow = Math.max(2, Math.floor((width + GAP) / (NARROWEST + GAP)));
  return Math.min(count, inRow, count === 5 ? 5 : 4);
}

/** All maps side by side; a single one between the picture and itself alone. */
function Panels({ bench, base, ...rest }: Omit<PanelProps, "slot" | "side">) {
  const [box, size] = useSize<HTMLDivElement>();
  const { slots } = bench;
  const isAlone = slots.length === 1;
  const columns = isAlone ? 3 : columnsOf(slots.length, size?.width ?? 0);
  const room = size ? (size.width + GAP) / columns - GAP : 0;
  const side = Math.floor(Math.max(140, Math.min(0.3 * window.innerHeight, LARGEST, room)));
  const common = { ...rest, bench, base, side };
  return (
    <div class="heatmaps" ref={box}>
      {size && isAlone && <InputFigure {...rest} side={side} />}
      {size && slots.map((slot) => <MapPanel key={slot.key} {...common} slot={slot} />)}
      {size &&
        isAlone &&
        slots[0] &&
        (rest.store.b.run.value === null ? (
          <MapPanel {...common} slot={slots[0]} alone />
        ) : (
          <OtherRun {...common} main={slots[0]} />
        ))}
    </div>
  );
}

function InputFigure({ store, client, side }: ViewProps & { side: number }) {
  const examples = useExamples(client, store.a);
  const image = shownImage(store);
  const own = benchPicture.value;
  const pixels = useMemo(
    () => (own ? ownPixels(own) : examplePixels(examples, image)),
    [examples, image, own?.data],
  );
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
        label={own ? own.name : `image ${image}`}
        says=""
        passive
      />
      <div class="row fig-foot cap">{own ? "own picture, as sent" : "true colours"}</div>
    </figure>
  );
}
