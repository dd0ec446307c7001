/** One channel, alone or over its example, with the exact value under the cross-hair. */

import { useMemo } from "preact/hooks";
import type { Client } from "../../api/client";
import type { Maps, Series } from "../../api/types";
import { isDiverging } from "../../draw/colour_map";
import { type Colouring, rangeOf } from "../../draw/grid_pixels";
import { paintHeatmap } from "../../draw/heatmap";
import { exactText } from "../../draw/number_text";
import { type Pictures, pictureRange, pictureValues, valueAt } from "../../draw/pictures";
import { drawnRange, type ValueRange } from "../../draw/value_range";
import type { Store } from "../../state/store";
import { MapCanvas, pixelAt, type Spot } from "../../ui/map_canvas";
import type { Pixels } from "../../ui/pixel_canvas";
import { picturesOf } from "../records/pictures_of";
import { useMaps } from "../records/use_maps";
import { spot } from "./use_layer";

export interface ChannelPixels extends Pixels {
  range: ValueRange;
}

/** One channel's pixels; `opacity` below 1 when it lies over its example. */
export function channelPixels(
  pictures: Pictures,
  channel: number,
  colouring: Colouring,
  opacity: number,
): ChannelPixels {
  const range = rangeOf(pictures, channel, colouring);
  const values = pictureValues(pictures, channel);
  const pixels = paintHeatmap(values, range, { ...colouring, opacity });
  return { pixels, width: pictures.width, height: pictures.height, range };
}

/** The value at a spot as text; with "≈" while only the codes are there. */
export function spotText(pictures: Pictures, channel: number, at: Spot | null): string {
  if (!at) return "–";
  const { row, column } = pixelAt(at, pictures);
  const text = exactText(valueAt(pictures, channel, row, column));
  return pictures.values ? text : `≈ ${text}`;
}

export function spotPlace(pictures: Pictures, at: Spot | null): string {
  if (!at) return "under the cursor";
  const { row, column } = pixelAt(at, pictures);
  return `at row ${row}, column ${column}`;
}

/**
 * Exact values of one channel at the step of `maps`, asked for once the cross-hair is on it.
 *
 * Until they are there, and where only the preview is left, the codes stand in.
 */
export function useChannelValues(
  client: Client,
  store: Store,
  series: Series | null,
  maps: Maps | undefined,
  channel: number,
): { pictures: Pictures; channel: number } | null {
  const broken = (maps?.nonfinite?.[channel] ?? 0) > 0;
  const isWanted = (spot.value !== null || broken) && maps?.facts.source === "bulk";
  const image = maps?.facts.image ?? undefined;
  const options = { image, channel, exact: true };
  const exact = useMaps(client, store.a, isWanted ? series : null, options).value;
  const coded = useMemo(() => maps && picturesOf(maps), [maps]);
  const fits = exact?.values && exact.facts.step === maps?.facts.step;
  const pictures = useMemo(() => (fits && exact ? picturesOf(exact) : null), [exact, fits]);
  if (pictures) return { pictures, channel: 0 };
  return coded ? { pictures: coded, channel } : null;
}

interface Props {
  map: ChannelPixels;
  base: Pixels | null;
  size: { width: number; height: number };
  says: string;
  label: string;
  dim: boolean;
}

export function ChannelMap({ map, base, size, says, label, dim }: Props) {
  return (
    <MapCanvas
      map={map}
      base={base}
      size={size}
      spot={spot.value}
      onSpot={(at) => {
        spot.value = at;
      }}
      label={label}
      says={says}
      dim={dim}
    />
  );
}

/** The range of one picture as drawn, for scale bars. */
export function ownRange(pictures: Pictures, channel: number, colouring: Colouring): ValueRange {
  return colouring.shared ?? drawnRange(pictureRange(pictures, channel), isDiverging(colouring.colourMap));
}
