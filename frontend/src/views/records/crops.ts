/** Pixels of top patches. */

import type { Patches } from "../../api/layouts";
import { truePixels } from "../../draw/true_colours";
import type { Pixels } from "../../ui/pixel_canvas";

/** How many of a channel's patches there are. */
export function countOf({ images }: Patches): number {
  return images.filter((row) => row >= 0).length;
}

/**
 * Pixels of one crop of the first channel in an answer; null where there is none.
 *
 * @param guided what of the crop excites the unit (guided backpropagation), in the crop's place.
 */
export function cropPixels(patches: Patches, at: number, guided = false): Pixels | null {
  const { height, width, top, images } = patches;
  const codes = guided ? patches.guided : patches.crops;
  if (!codes || at >= top || (images[at] ?? -1) < 0) return null;
  return { pixels: truePixels({ count: top, height, width, images: codes }, at), height, width };
}
