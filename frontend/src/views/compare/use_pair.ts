/** What the compare view looks at, on both sides. */

import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Client } from "../../api/client";
import type { Maps, RunIndex, Series } from "../../api/types";
import type { Side, Store, Subject } from "../../state/store";
import type { Spot } from "../../ui/map_canvas";
import { shownImage } from "../records/examples";
import { firstLayer, heatmaps, seriesOf } from "../records/series";
import { type StepMaps, useMaps } from "../records/use_maps";
import { difference, mismatch } from "./pair";

/** Place looked at, the same in A, B and their difference. */
export const spot = signal<Spot | null>(null);

/** True while B stands in A's place. */
export const flipped = signal(false);

/** The series that a subject is on one side; null when it was not recorded there. */
export function subjectSeries(store: Store, index: RunIndex | null, layer: string | null): Series | null {
  if (!index) return null;
  const subject = store.subject.value;
  if (subject === "heatmap") {
    const all = heatmaps(index);
    return all.find((one) => one.key === store.overlay.value) ?? all[0] ?? null;
  }
  return seriesOf(index, subject === "filters" ? "kernels" : "feature_maps", layer)[0] ?? null;
}

export interface PairSide {
  side: Side;
  series: Series | null;
  maps: StepMaps;
}

export interface Pair {
  layer: string | null;
  subject: Subject;
  image: number;
  a: PairSide;
  b: PairSide;
  /** A − B on exact values; null until both are there, or when there is none. */
  difference: Maps | null;
  /** Why there is no difference. */
  reason: string | null;
}

/** `exact`: also fetch the values, for the difference. */
export function usePair(client: Client, store: Store, exact: boolean): Pair {
  const index = store.a.index.value;
  const layer = comparedLayer(store, index);
  const subject = store.subject.value;
  const image = shownImage(store);
  const options = subject === "filters" ? {} : { image };
  const a = useSide(client, store, store.a, layer, options);
  const b = useSide(client, store, store.b, layer, options);
  const same = a.maps.value && b.maps.value ? mismatch(a.maps.value, b.maps.value) : null;
  const isAsked = exact && same === null;
  const exactA = useMaps(client, store.a, isAsked ? a.series : null, { ...options, exact: true });
  const exactB = useMaps(client, store.b, isAsked ? b.series : null, { ...options, exact: true });
  const [valuesA, valuesB] = [exactA.value, exactB.value];
  const result = useMemo(
    () => (valuesA && valuesB ? difference(valuesA, valuesB) : null),
    [valuesA, valuesB],
  );
  const fits =
    valuesA?.facts.step === a.maps.value?.facts.step && valuesB?.facts.step === b.maps.value?.facts.step;
  const failed = exactA.error ?? exactB.error;
  const reason = same ?? failed?.message ?? null;
  return { layer, subject, image, a, b, difference: fits ? result : null, reason };
}

function useSide(
  client: Client,
  store: Store,
  side: Side,
  layer: string | null,
  options: { image?: number },
): PairSide {
  const series = subjectSeries(store, side.index.value, layer);
  return { side, series, maps: useMaps(client, side, series, { ...options, ahead: true }) };
}

/** The chosen layer; for filters without a choice the first that has some. */
function comparedLayer(store: Store, index: RunIndex | null): string | null {
  if (store.layer.value !== null || !index) return store.layer.value;
  if (store.subject.value === "filters")
    return index.series.find((one) => one.kind === "kernels")?.layer ?? null;
  return firstLayer(index);
}
