/** Pixels of a film strip: one picture a step, all coloured in one range. */

import type { Strip } from "../../api/types";
import { type ColourMap, isDiverging } from "../../draw/colour_map";
import { paintAtlas } from "../../draw/grid_pixels";
import { kernelRange, kernelStyles, paintKernels, paintMatrix } from "../../draw/kernels";
import { commonRange, drawnRange, type ValueRange } from "../../draw/value_range";
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

/** Colour a channel's maps; the steps are those that the answer names. */
export function mapFrames(strip: Strip, { colourMap, gamma }: FilmColouring): Coloured {
  const pictures = stripPictures(strip);
  const range = drawnRange(commonRange(pictures.low, pictures.high), isDiverging(colourMap));
  const colouring = { colourMap, gamma, shared: range };
  const frames = strip.steps.map((step, index) => ({
    step,
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
        ? paintMatrix(kernels, [index], colouring)
        : paintKernels(kernels, [index], 1, style === "rgb" ? "rgb" : "slices", colouring);
    return { step, ...atlas };
  });
  return { frames, range };
}
