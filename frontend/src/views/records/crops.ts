/** Pixels of top patches. */

import type { Patches } from "../../api/layouts";
import { truePixels } from "../../draw/true_colours";
import type { Pixels } from "../../ui/pixel_canvas";

/** How many of a channel's patches there are. */
export function countOf({ images }: Patches): number {
  return images.filter((row) => row >= 0).length;
}

/** Pixels of one crop of the first channel in an answer; null where there is none. */
export function cropPixels(patches: Patches, at: number): Pixels | null {
  const { height, width, crops, top, images } = patches;
  if (at >= top || (images[at] ?? -1) < 0) return null;
  return { pixels: truePixels({ count: top, height, width, images: crops }, at), height, width };
}
