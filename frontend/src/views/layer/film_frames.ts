/** Pixels of a film strip: one picture a step, all coloured in one range. */

import type { Maps, Strip } from "../../api/types";
import { type ColourMap, isDiverging } from "../../draw/colour_map";
import { paintAtlas } from "../../draw/grid_pixels";
import { kernelRange, kernelStyles, paintBlocks, paintKernels } from "../../draw/kernels";
import { commonRange, drawnRange, type ValueRange } from "../../draw/value_range";
import { latestAtOrBefore } from "../../state/steps";
import type { Frame } from "../../ui/film_strip";
import { stripKernels, stripPictures } from "../records/pictures_of";

export interface Coloured {
  frames: Frame[];
  range: ValueRange;
}

export interface FilmColouring {
  colourMap: ColourMap;
  gamma: number;
}

/**
 * The strip with the picture on show in the place of the frame before it, when that step is not among its frames.
 *
 * The other frames stay where they are while the step is scrubbed.
 */
export function withShown(strip: Strip, maps: Maps | undefined, channel: number): Strip {
  if (!maps?.codes || strip.steps.includes(maps.facts.step)) return strip;
  const slot = latestAtOrBefore(strip.steps, maps.facts.step);
  const size = strip.shape.slice(1);
  const count = size.reduce((product, length) => product * length, 1);
  const fits = maps.shape.slice(1).join() === size.join() && channel < (maps.shape[0] ?? 0);
  if (slot < 0 || !fits) return strip;
  const [steps, codes] = [[...strip.steps], strip.codes.slice()];
  const [low, high] = [strip.low.slice(), strip.high.slice()];
  const nonfinite = strip.nonfinite?.slice() ?? null;
  if (nonfinite) nonfinite[slot] = maps.nonfinite?.[channel] ?? 0;
  steps[slot] = maps.facts.step;
  codes.set(maps.codes.subarray(channel * count, (channel + 1) * count), slot * count);
  low[slot] = maps.low[channel] ?? 0;
  high[slot] = maps.high[channel] ?? 0;
  return { ...strip, steps, codes, low, high, nonfinite };
}

function isBroken(strip: Strip, index: number): boolean {
  return (strip.nonfinite?.[index] ?? 0) > 0;
}

/** Colour a channel's maps; the steps are those that the answer names. */
export function mapFrames(strip: Strip, { colourMap, gamma }: FilmColouring): Coloured {
  const pictures = stripPictures(strip);
  const range = drawnRange(commonRange(pictures.low, pictures.high), isDiverging(colourMap));
  const colouring = { colourMap, gamma, shared: range };
  const frames = strip.steps.map((step, index) => ({
    step,
    broken: isBroken(strip, index),
    ...paintAtlas(pictures, [index], 1, colouring),
  }));
  return { frames, range };
}

/** Colour a filter's kernels, as colours where `rgb` says so. */
export function kernelFrames(strip: Strip, rgb: boolean, { colourMap, gamma }: FilmColouring): Coloured {
  const kernels = stripKernels(strip);
  const range = kernelRange(kernels, null);
  const colouring = { colourMap, gamma, shared: range };
  const style = kernelStyles(kernels, rgb)[0];
  const frames = strip.steps.map((step, index) => {
    const atlas =
      style === "matrix"
        ? paintBlocks(kernels, [index], 1, colouring)
        : paintKernels(kernels, [index], 1, style === "rgb" ? "rgb" : "slices", colouring);
    return { step, broken: isBroken(strip, index), ...atlas };
  });
  return { frames, range };
}
