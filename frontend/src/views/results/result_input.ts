/** A result's picture as the input of a further job, with a small copy of it to be shown. */

import type { JobView } from "../../api/types";
import { canvasOf, context2d } from "../../draw/canvas";
import { type TrueColours, truePixels } from "../../draw/true_colours";
import { openDraft } from "../../state/draft";
import { inputOfResult, type OwnInput } from "../../state/own_inputs";
import type { Store } from "../../state/store";
import { titleOf } from "../jobs/titles";
import { fitted } from "../records/examples";
import type { Gallery } from "./use_result";

const SIDE = 96;

/** One picture of a result as an input. */
export function resultInput(store: Store, job: JobView, gallery: Gallery, image: number): OwnInput {
  const title = titleOf(store, job.request);
  const name = gallery.count > 1 ? `${title}, picture ${image + 1}` : title;
  return inputOfResult(job.request.id, image, name, thumbUrl(gallery, image));
}

/** Open a method's form with a picture that a job has made, and nothing else, to be looked at by the same weights. */
export function openWith(store: Store, job: JobView, picture: OwnInput, method: string): void {
  const { step } = job.request;
  openDraft(store, { run: job.run, method, step });
  store.ownInputs.value = [picture];
}

/** A `data:` address of picture number `index`, its longer side at most 96 px. */
function thumbUrl(pictures: TrueColours, index: number): string {
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
