/** Maps of two results: side by side, in each other's place, or subtracted on their exact values. */

import { useMemo, useState } from "preact/hooks";
import { paintHeatmap } from "../../draw/heatmap";
import { pictureValues } from "../../draw/pictures";
import { percentileRange } from "../../draw/value_range";
import { Failed, Nothing, Waiting } from "../../ui/panel_state";
import { PixelCanvas } from "../../ui/pixel_canvas";
import { ScaleBar } from "../../ui/scale_bar";
import { Select } from "../../ui/select";
import { difference, mismatch } from "../compare/pair";
import { colourMapOf } from "../records/colouring";
import { fitted } from "../records/examples";
import { picturesOf } from "../records/pictures_of";
import type { Box } from "./fit";
import { Named } from "./named";
import { countOf, originTitle, type RecordAddress } from "./record";
import { RecordHeatmap, useRecordMaps } from "./record_maps";
import { useRunIndex } from "./run_index";

interface Props {
  a: RecordAddress;
  b: RecordAddress;
  labels: readonly [string, string];
  /** True while B stands in A's place. */
  flipped: boolean;
  room: Box;
}

const WORDS = 96;

export function CompareMaps(props: Props) {
  const { a, b } = props;
  const [image, setImage] = useState(0);
  const index = useRunIndex(a.store, a.client, a.job.run);
  const count = Math.min(countOf(a.record), countOf(b.record));
  const options = Array.from({ length: count }, (_, at) => ({
    value: String(at),
    text: originTitle(a.record, at, index),
  }));
  return (
    <div>
      {count > 1 && (
        <Select
          label="Picture"
          value={String(image)}
          options={options}
          onChoose={(at) => setImage(Number(at))}
        />
      )}
      <div class="res-pair">
        <Maps {...props} image={image} />
      </div>
    </div>
  );
}

type MapsProps = Props & { image: number };

function Maps(props: MapsProps) {
  const { a, b, labels, image, flipped, room } = props;
  const mode = a.store.compare.value;
  if (mode === "difference") return <Subtracted {...props} />;
  const both = [
    { name: "A" as const, own: a, label: labels[0] },
    { name: "B" as const, own: b, label: labels[1] },
  ];
  const shown = mode === "side" ? both : both.slice(flipped ? 1 : 0, flipped ? 2 : 1);
  const side = Math.min(mode === "side" ? (room.width - 16) / 2 : room.width, room.height - WORDS);
  return (
    <>
      {shown.map(({ name, own, label }) => (
        <div key={name}>
          <Named name={name} label={label} />
          <RecordHeatmap {...own} image={image} side={side} />
        </div>
      ))}
    </>
  );
}

function Subtracted({ a, b, labels, image, room }: MapsProps) {
  const one = useRecordMaps(a, { image, exact: true });
  const two = useRecordMaps(b, { image, exact: true });
  const { store } = a;
  const colourMap = colourMapOf(store, true);
  const [gamma, percent] = [store.gamma.value, store.percent.value];
  const map = useMemo(() => {
    const maps = one.value && two.value ? difference(one.value, two.value) : null;
    if (!maps) return null;
    const pictures = picturesOf(maps);
    const values = pictureValues(pictures, 0);
    const range = percentileRange(values, percent, true);
    const { width, height } = pictures;
    return { pixels: paintHeatmap(values, range, { colourMap, gamma }), width, height, range };
  }, [one.value, two.value, colourMap, gamma, percent]);
  const failed = one.error ? one : two.error ? two : null;
  if (failed?.error) return <Failed error={failed.error} retry={failed.retry} />;
  if (!one.value || !two.value) return <Waiting late what="both maps" />;
  if (!map) return <Nothing title={mismatch(one.value, two.value) ?? "No difference is defined"} />;
  const { pixels, width, height } = map;
  const label = `${labels[0]} − ${labels[1]}`;
  return (
    <figure class="fig">
      <PixelCanvas
        {...{ pixels, width, height, label }}
        size={fitted(map, Math.min(room.width, room.height - WORDS))}
      />
      <figcaption class="cap">
        <b>{label}</b> exact values
      </figcaption>
      <ScaleBar colourMap={colourMap} range={map.range} gamma={gamma} clipped={percent < 100} />
    </figure>
  );
}
