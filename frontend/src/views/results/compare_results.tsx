/** Two results side by side, in each other's place, or subtracted. */

import { signal } from "@preact/signals";
import { useEffect, useMemo } from "preact/hooks";
import type { Client } from "../../api/client";
import type { JobView } from "../../api/types";
import { paintHeatmap } from "../../draw/heatmap";
import { exactText } from "../../draw/number_text";
import { colourDifference, truePixels } from "../../draw/true_colours";
import { drawnRange, finiteRange } from "../../draw/value_range";
import type { CompareMode, Store } from "../../state/store";
import { Failed, Nothing, Waiting } from "../../ui/panel_state";
import { PixelCanvas } from "../../ui/pixel_canvas";
import { ScaleBar } from "../../ui/scale_bar";
import { Segmented } from "../../ui/segmented";
import { colourMapOf } from "../records/colouring";
import { CompareMaps } from "./compare_maps";
import { type Box, fitWhole } from "./fit";
import { Named } from "./named";
import { recordOf } from "./record";

import { type Gallery, useGallery, useResult } from "./use_result";

interface Props {
  client: Client;
  store: Store;
  a: JobView;
  b: JobView;
  /** What stands under each: where they differ. */
  labels: readonly [string, string];
  /** Picture of the result. */
  index: number;
  room: Box;
}

/** True while B stands in A's place. */
const flipped = signal(false);

export function CompareResults({ client, store, a, b, labels, index, room }: Props) {
  const one = useSide(client, a);
  const two = useSide(client, b);
  const mode = store.compare.value;
  useFlicker();
  const [mapA, mapB] = [recordOf(one.result, "heatmap"), recordOf(two.result, "heatmap")];
  if (mapA && mapB) {
    const common = { client, store };
    return (
      <CompareMaps
        a={{ ...common, job: a, record: mapA, digest: one.result?.digest ?? "" }}
        b={{ ...common, job: b, record: mapB, digest: two.result?.digest ?? "" }}
        {...{ labels, room }}
        flipped={flipped.value}
      />
    );
  }
  const error = one.error ?? two.error;
  if (error) return <Failed error={error} retry={one.error ? one.retry : two.retry} />;
  if (!one.value || !two.value) return <Waiting late what="both results" />;
  const pair = { a: one.value, b: two.value, index, labels };
  const each = { width: (room.width - 16) / 2, height: room.height - 24 };
  return (
    <div class="res-pair">
      {mode === "side" && (
        <>
          <Picture gallery={pair.a} index={index} name="A" label={labels[0]} room={each} />
          <Picture gallery={pair.b} index={index} name="B" label={labels[1]} room={each} />
        </>
      )}
      {mode === "flicker" && (
        <Picture
          gallery={flipped.value ? pair.b : pair.a}
          index={index}
          name={flipped.value ? "B" : "A"}
          label={labels[flipped.value ? 1 : 0]}
          room={{ width: room.width, height: room.height - 24 }}
        />
      )}
      {mode === "difference" && <Subtracted store={store} {...pair} room={room} />}
    </div>
  );
}

/** How the two are compared; the same choice as in the compare view. */
export function CompareControl({ store }: { store: Store }) {
  return (
    <Segmented<CompareMode>
      label="How they are compared"
      value={store.compare.value}
      choices={[
        { value: "side", text: "Side by side" },
        {
          value: "flicker",
          text: "Flicker",
          title: "hold x, or press on the picture, to see B in A's place",
        },
        { value: "difference", text: "A − B", title: "signed difference, the mean of the three colours" },
      ]}
      onChoose={(mode) => {
        store.compare.value = mode;
      }}
    />
  );
}

function useSide(client: Client, job: JobView) {
  const result = useResult(client, job);
  const gallery = useGallery(client, job, result.value);
  return {
    result: result.value,
    value: gallery.value,
    error: result.error ?? gallery.error,
    retry: result.error ? result.retry : gallery.retry,
  };
}

/** While x is held, B stands in A's place. */
function useFlicker(): void {
  useEffect(() => {
    const set = (to: boolean) => (event: KeyboardEvent) => {
      const isField = (event.target as HTMLElement | null)?.closest?.("input,select,textarea");
      if (event.key.toLowerCase() === "x" && !isField) flipped.value = to;
    };
    const [down, up] = [set(true), set(false)];
    const leave = (): void => {
      flipped.value = false;
    };
    document.addEventListener("keydown", down);
    document.addEventListener("keyup", up);
    window.addEventListener("blur", leave);
    return () => {
      document.removeEventListener("keydown", down);
      document.removeEventListener("keyup", up);
      window.removeEventListener("blur", leave);
      leave();
    };
  }, []);
}

interface PictureProps {
  gallery: Gallery;
  index: number;
  name: "A" | "B";
  label: string;
  room: Box;
}

function Picture({ gallery, index, name, label, room }: PictureProps) {
  const at = Math.min(index, gallery.count - 1);
  const pixels = useMemo(() => truePixels(gallery, at), [gallery, at]);
  const hold = (to: boolean) => () => {
    flipped.value = to;
  };
  return (
    <figure class="fig" onPointerDown={hold(true)} onPointerUp={hold(false)} onPointerLeave={hold(false)}>
      <PixelCanvas
        pixels={pixels}
        width={gallery.width}
        height={gallery.height}
        size={fitWhole(gallery, room)}
        label={`${name}: ${label}`}
      />
      <figcaption>
        <Named name={name} label={label} />
      </figcaption>
    </figure>
  );
}

interface SubtractedProps {
  store: Store;
  a: Gallery;
  b: Gallery;
  index: number;
  labels: readonly [string, string];
  room: Box;
}

function Subtracted({ store, a, b, index, labels, room }: SubtractedProps) {
  const colourMap = colourMapOf(store, true);
  const gamma = store.gamma.value;
  const map = useMemo(() => {
    const values = colourDifference(a, b, [Math.min(index, a.count - 1), Math.min(index, b.count - 1)]);
    if (!values) return null;
    const range = drawnRange(finiteRange(values), true);
    const mean = values.reduce((sum, value) => sum + Math.abs(value), 0) / Math.max(1, values.length);
    return { pixels: paintHeatmap(values, range, { colourMap, gamma }), range, mean };
  }, [a, b, index, colourMap, gamma]);
  if (!map)
    return (
      <Nothing
        title={`A is ${a.height} × ${a.width} and B ${b.height} × ${b.width} px: no difference is defined`}
      />
    );
  const size = fitWhole(a, { width: room.width, height: room.height - 44 });
  return (
    <figure class="fig">
      <PixelCanvas
        pixels={map.pixels}
        width={a.width}
        height={a.height}
        size={size}
        label={`A minus B: ${labels[0]} minus ${labels[1]}`}
      />
      <figcaption class="cap">
        <b>
          {labels[0]} − {labels[1]}
        </b>{" "}
        mean of the three colours, 0 … 1 · on average {exactText(map.mean)} apart
      </figcaption>
      <ScaleBar colourMap={colourMap} range={map.range} gamma={gamma} />
    </figure>
  );
}
