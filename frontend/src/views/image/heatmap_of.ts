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

interface Measured {
  values: Float32Array;
  range: ValueRange;
  clipped: boolean;
  nonfinite: number;
}

/** Of maps that stand alone, by how they were measured: several panels draw the same one. */
const known = new WeakMap<Pictures, { how: string; measured: Measured }>();

/** Values of a map, and the range that holds `percent` of its magnitudes. */
function measured(pictures: Pictures, index: number, percent: number, diverging: boolean): Measured {
  const how = `${index}|${percent}|${diverging}`;
  const kept = known.get(pictures);
  if (kept?.how === how) return kept.measured;
  const values = pictureValues(pictures, index);
  const range = percentileRange(values, percent, diverging);
  const full = finiteRange(values);
  const clipped = full.high > range.high || full.low < Math.min(0, range.low);
  const found = { values, range, clipped, nonfinite: countNonfinite(values) };
  if (pictures.count === 1) known.set(pictures, { how, measured: found });
  return found;
}

/** Colour a map in the range that holds `percent` of its magnitudes. */
export function coloured(
  pictures: Pictures,
  index: number,
  options: { colourMap: ColourMap; gamma: number; percent: number; opacity: number },
): Coloured {
  const { colourMap, percent } = options;
  const { values, ...rest } = measured(pictures, index, percent, isDiverging(colourMap));
  return {
    ...rest,
    pixels: paintHeatmap(values, rest.range, options),
    width: pictures.width,
    height: pictures.height,
    colourMap,
  };
}

/** The map as it is shown: with the store's choices, smoothed for the eye. */
export function shownMap(store: Store, exact: Pictures, signed: boolean, opacity: number): Coloured {
  return coloured(smoothedPictures(exact, sigmaOf(store, exact, signed)), 0, {
    colourMap: colourMapOf(store, signed),
    gamma: store.gamma.value,
    percent: store.percent.value,
    opacity,
  });
}

/** As `shownMap`, drawn again only when something changes. */
export function useColoured(store: Store, exact: Pictures | null, signed: boolean, opacity: number) {
  const sigma = sigmaOf(store, exact, signed);
  const choices = [sigma, colourMapOf(store, signed), store.gamma.value, store.percent.value];
  return useMemo(() => exact && shownMap(store, exact, signed, opacity), [exact, opacity, ...choices]);
}

/** σ of the smoothing on show, in pixels of the map. By itself a signed map has none: its signs would cancel out. */
export function sigmaOf(store: Store, pictures: Pictures | null, signed: boolean): number {
  return store.smooth.value ?? (pictures && !signed ? fittingSigma(pictures) : 0);
}

/** What `smoothedPictures` gave last for a stack. */
const smooth = new WeakMap<Pictures, { sigma: number; pictures: Pictures }>();

/** Each picture smoothed; the same object when there is nothing to do, or nothing new. */
export function smoothedPictures(pictures: Pictures, sigma: number): Pictures {
  if (sigma <= 0) return pictures;
  const kept = smooth.get(pictures);
  if (kept?.sigma === sigma) return kept.pictures;
  const size = pictures.width * pictures.height;
  const values = new Float32Array(pictures.count * size);
  for (let index = 0; index < pictures.count; index++)
    values.set(smoothed(pictureValues(pictures, index), pictures, sigma), index * size);
  const { count, height, width } = pictures;
  const found = exactPictures(values, { count, height, width });
  smooth.set(pictures, { sigma, pictures: found });
  return found;
}

export function isSigned(series: Series, maps: Maps | undefined): boolean {
  return maps?.facts.signed ?? series.facts.signed === true;
}
