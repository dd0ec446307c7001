/** Maps that a job made: over their examples, or all channels on a grid. */

import { useMemo, useState } from "preact/hooks";
import type { Maps, RunIndex } from "../../api/types";
import { useAnswer } from "../../api/use_answer";
import { composite } from "../../draw/heatmap";
import { exactText, valueText } from "../../draw/number_text";
import { valueAt } from "../../draw/pictures";
import { MapCanvas, pixelAt, type Spot } from "../../ui/map_canvas";
import { Failed, Waiting } from "../../ui/panel_state";
import { type Drawn, PictureGrid } from "../../ui/picture_grid";
import { PixelCanvas, type Pixels } from "../../ui/pixel_canvas";
import { ScaleBar } from "../../ui/scale_bar";
import { Select } from "../../ui/select";
import { stackOf } from "../compare/pair";
import { useColoured } from "../image/heatmap_of";
import { colourMapOf } from "../records/colouring";
import { className, examplePixels, fitted } from "../records/examples";
import { picturesOf } from "../records/pictures_of";
import { countOf, exampleOf, originTitle, type RecordAddress } from "./record";
import { useRunIndex } from "./run_index";

/** The maps of one picture of a record, or all its kernels. */
export function useRecordMaps(
  { client, job, record, digest }: RecordAddress,
  options: { image?: number; exact?: boolean },
) {
  const array = Object.keys(record.arrays)[0] ?? "";
  const ask = client.jobs.maps(job.request.id, { key: record.key, array, digest, ...options });
  return useAnswer(ask, [job.request.id, digest, record.key, options.image].join("|"));
}

/** The example that a record's picture was made of; null for own pictures. */
function useBase({ client, store, job, record }: RecordAddress, image: number, grey: boolean): Pixels | null {
  const index = useRunIndex(store, client, job.run);
  const facts = index?.examples;
  const ask = index && facts ? client.examples(index.name, facts.digest) : null;
  const { value } = useAnswer(ask, `${job.run}|${facts?.digest}`);
  const row = exampleOf(record, image);
  return useMemo(() => (row === null ? null : examplePixels(value, row, grey)), [value, row, grey]);
}

/** One map over its example, with its scale and the value under the cursor. */
export function RecordHeatmap(props: RecordAddress & { image: number; side: number }) {
  const { client, store, job, record, image, side } = props;
  const [spot, setSpot] = useState<Spot | null>(null);
  const answer = useRecordMaps(props, { image, exact: true });
  const pictures = useMemo(() => (answer.value ? picturesOf(answer.value) : null), [answer.value]);
  const base = useBase(props, image, store.grey.value);
  const index = useRunIndex(store, client, job.run);
  const signed = answer.value?.facts.signed ?? record.facts.signed === true;
  const map = useColoured(store, pictures, signed, base ? store.opacity.value : 1);
  const origin = originTitle(record, image, index);
  if (answer.error) return <Failed error={answer.error} retry={answer.retry} />;
  if (!map || !pictures) return <Waiting late={answer.late} what={origin} />;
  const at = spot && pixelAt(spot, pictures);
  const says = at ? exactText(valueAt(pictures, 0, at.row, at.column)) : "";
  const size = fitted(map, side);
  return (
    <figure class="fig" style={{ width: `${size.width}px` }}>
      <MapCanvas map={map} base={base} size={size} spot={spot} onSpot={setSpot} label={origin} says={says} />
      <div class="row over-foot">
        <ScaleBar
          colourMap={map.colourMap}
          range={map.range}
          gamma={store.gamma.value}
          clipped={map.clipped}
        />
        <span class="grow" />
        <b class="cap">{says}</b>
      </div>
      <p class="cap">{[origin, targetText(record.facts, index, image)].filter(Boolean).join(" · ")}</p>
    </figure>
  );
}

/** One map over its example, small and without words. */
export function HeatmapThumb(props: RecordAddress & { side: number; label: string }) {
  const { store, record, side, label } = props;
  const { value } = useRecordMaps(props, { image: 0 });
  const pictures = useMemo(() => (value ? picturesOf(value) : null), [value]);
  const base = useBase(props, 0, store.grey.value);
  const signed = value?.facts.signed ?? record.facts.signed === true;
  const fits = pictures !== null && base?.width === pictures.width && base.height === pictures.height;
  const map = useColoured(store, pictures, signed, fits ? store.opacity.value : 1);
  const pixels = useMemo(
    () => map && (fits && base ? composite(base.pixels, map.pixels) : map.pixels),
    [map, base, fits],
  );
  if (!map || !pixels) return null;
  const { width, height } = map;
  return <PixelCanvas {...{ pixels, width, height, label }} size={fitted(map, side)} />;
}

/** "Shirt (label)": which class's score the map explains, where it is one. */
function targetText(facts: Record<string, unknown>, index: RunIndex | null, image: number): string {
  const target = Array.isArray(facts.targets) ? facts.targets[image] : undefined;
  const origin = Array.isArray(facts.origins) ? facts.origins[image] : undefined;
  if (typeof target !== "number") return "";
  return `${className(index, target)}${typeof origin === "string" ? ` (${origin})` : ""}`;
}

/** All channels, or filters, of a record. */
export function MapsGrid(props: RecordAddress & { drawn: Drawn }) {
  const { client, store, job, record, drawn } = props;
  const isKernels = record.kind === "kernels";
  const index = useRunIndex(store, client, job.run);
  const [image, setImage] = useState(0);
  const [selected, setSelected] = useState<number | null>(null);
  const answer = useRecordMaps(props, isKernels ? {} : { image });
  const colourMap = colourMapOf(store, isKernels || record.facts.signed === true);
  const gamma = store.gamma.value;
  const scene = useMemo(() => {
    if (!answer.value) return null;
    const stack = stackOf(answer.value, isKernels ? "filters" : "activations", record.facts.rgb === true);
    return { stack, maps: answer.value, colouring: { colourMap, gamma, shared: null } };
  }, [answer.value, isKernels, record, colourMap, gamma]);
  if (answer.error) return <Failed error={answer.error} retry={answer.retry} />;
  if (!scene) return <Waiting late={answer.late} what={record.layer ?? record.key} />;
  const { stack, maps } = scene;
  const count = countOf(record);
  return (
    <>
      {!isKernels && count > 1 && (
        <Select
          label="Picture"
          value={String(image)}
          options={Array.from({ length: count }, (_, at) => ({
            value: String(at),
            text: originTitle(record, at, index),
          }))}
          onChoose={(at) => setImage(Number(at))}
        />
      )}
      <PictureGrid
        label={`${stack.count} ${isKernels ? "filters" : "channels"} of ${record.layer}`}
        order={Array.from({ length: stack.count }, (_, at) => at)}
        picture={stack.picture}
        gap={stack.gap}
        atlas={(some, columns) => stack.atlas(some, columns, scene.colouring)}
        text={(channel) => ({ left: String(channel), right: highText(maps, channel), tone: "plain" })}
        says={(channel) => `${channel}: largest value ${highText(maps, channel)}`}
        selected={selected}
        onSelect={setSelected}
        onOpen={setSelected}
        onPoint={() => undefined}
        version={scene}
        theme={store.theme.value}
        dim={answer.pending}
        drawn={drawn}
      />
    </>
  );
}

function highText(maps: Maps, channel: number): string {
  const high = maps.high[channel];
  return high === undefined ? "" : valueText(high);
}
