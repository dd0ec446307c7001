/** A small copy of a result's picture as an address: for lists, wherever the result itself is not loaded. */

import { canvasOf, context2d } from "../../draw/canvas";
import { type TrueColours, truePixels } from "../../draw/true_colours";
import { fitted } from "../records/examples";

const SIDE = 96;

/** A `data:` address of picture number `index`, its longer side at most 96 px. */
export function thumbUrl(pictures: TrueColours, index: number): string {
  const { width, height } = pictures;
  const picture = canvasOf(truePixels(pictures, index), width, height);
  if (Math.max(width, height) <= SIDE) return picture.toDataURL("image/png");
  const size = fitted(pictures, SIDE);
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, size.width);
  canvas.height = Math.max(1, size.height);
  const context = context2d(canvas);
  context.imageSmoothingQuality = "high";
  context.drawImage(picture, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL("image/png");
}
