/** One heatmap record for the example looked at: values, range and colours. */

import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Client } from "../../api/client";
import type { Maps, Series } from "../../api/types";
import { type ColourMap, isDiverging } from "../../draw/colour_map";
import { countNonfinite, paintHeatmap } from "../../draw/heatmap";
import { exactPictures, type Pictures, pictureValues } from "../../draw/pictures";
import { fittingSigma, smoothed } from "../../draw/smooth";
import { finiteRange, percentileRange, type ValueRange } from "../../draw/value_range";
import type { Side, Store } from "../../state/store";
import type { Spot } from "../../ui/map_canvas";
import { colourMapOf } from "../records/colouring";
import { picturesOf } from "../records/pictures_of";
import { type StepMaps, useMaps } from "../records/use_maps";

/** Place looked at, the same in all maps of the view. */
export const spot = signal<Spot | null>(null);

export interface Heatmap extends StepMaps {
  /** Exact where they have arrived, else from codes; null without an answer. */
  pictures: Pictures | null;
}

/** Codes while the step is scrubbed, exact values once it rests. */
export function useHeatmap(
  client: Client,
  store: Store,
  side: Side,
  series: Series | null,
  image: number,
): Heatmap {
  const coded = useMaps(client, side, series, { image, ahead: true });
  const rests = !coded.pending && !store.scrubbing.value && coded.value?.facts.source === "bulk";
  const exact = useMaps(client, side, rests ? series : null, { image, exact: true }).value;
  const pictures = useMemo(() => {
    if (!coded.value) return null;
    const fits = exact?.values && exact.facts.step === coded.value.facts.step;
    return picturesOf(fits && exact ? exact : coded.value);
  }, [coded.value, exact]);
  return { ...coded, pictures };
}

export interface Coloured {
  pixels: Uint32Array<ArrayBuffer>;
  width: number;
  height: number;
  range: ValueRange;
  colourMap: ColourMap;
  /** Some values lie beyond the ends of the range. */
  clipped: boolean;
  nonfinite: number;
}

/** Colour a map in the range that holds `percent` of its magnitudes. */
export function coloured(
  pictures: Pictures,
  index: number,
  options: { colourMap: ColourMap; gamma: number; percent: number; opacity: number },
): Coloured {
  const { colourMap, percent } = options;
  const values = pictureValues(pictures, index);
  const range = percentileRange(values, percent, isDiverging(colourMap));
  const full = finiteRange(values);
  return {
    pixels: paintHeatmap(values, range, options),
    width: pictures.width,
    height: pictures.height,
    range,
    colourMap,
    clipped: full.high > range.high || full.low < Math.min(0, range.low),
    nonfinite: countNonfinite(values),
  };
}

/** As `coloured`, with the store's choices; hidden while Space is held. */
export function useColoured(store: Store, exact: Pictures | null, signed: boolean, opacity: number) {
  const sigma = sigmaOf(store, exact);
  const pictures = useMemo(() => exact && smoothedPictures(exact, sigma), [exact, sigma]);
  const colourMap = colourMapOf(store, signed);
  const gamma = store.gamma.value;
  const percent = store.percent.value;
  return useMemo(
    () => pictures && coloured(pictures, 0, { colourMap, gamma, percent, opacity }),
    [pictures, colourMap, gamma, percent, opacity],
  );
}

/** σ of the smoothing on show, in pixels of the map. */
export function sigmaOf(store: Store, pictures: Pictures | null): number {
  return store.smooth.value ?? (pictures ? fittingSigma(pictures) : 0);
}

/** Each picture smoothed; the same object when there is nothing to do. */
export function smoothedPictures(pictures: Pictures, sigma: number): Pictures {
  if (sigma <= 0) return pictures;
  const size = pictures.width * pictures.height;
  const values = new Float32Array(pictures.count * size);
  for (let index = 0; index < pictures.count; index++)
    values.set(smoothed(pictureValues(pictures, index), pictures, sigma), index * size);
  const { count, height, width } = pictures;
  return exactPictures(values, { count, height, width });
}

export function isSigned(series: Series, maps: Maps | undefined): boolean {
  return maps?.facts.signed ?? series.facts.signed === true;
}
