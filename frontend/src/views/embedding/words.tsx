/** What is said of one image: its name, label and prediction, with the colour that the label has on the map. */

import { exactText } from "../../draw/number_text";
import type { Store } from "../../state/store";
import { PixelCanvas } from "../../ui/pixel_canvas";
import { fitted } from "../records/examples";
import { isolated } from "./choice";
import { cssColours } from "./colours";
import type { Thumbs } from "./thumbs";
import type { Scene } from "./use_scene";

/** "1771 shirts/1771.png", or "image 1771". */
export function imageTitle({ subjects }: Scene, row: number): string {
  const example = subjects.exampleRow(row);
  const name = subjects.imageName(row);
  const number = example === null ? `image ${row}` : `example ${example}`;
  return name ? `${number} · ${name}` : number;
}

export function classText({ subjects }: Scene, target: number | undefined): string {
  return target === undefined || target < 0 ? "not known" : subjects.className(target);
}

/** null without label or prediction. */
export function isRight({ subjects }: Scene, row: number): boolean | null {
  const label = subjects.labels[row] ?? -1;
  const said = subjects.predicted?.[row] ?? -1;
  return label < 0 || said < 0 ? null : label === said;
}

export function lossText({ layout }: Scene, row: number): string | null {
  const loss = layout.loss?.[row];
  return loss === undefined || Number.isNaN(loss) ? null : exactText(loss);
}

/** The label with a swatch where labels have colours. */
export function LabelMark({ store, scene, row }: { store: Store; scene: Scene; row: number }) {
  const label = scene.subjects.labels[row] ?? -1;
  const { grouping } = scene;
  const isLabel = grouping.by === "label";
  const css = isLabel ? cssColours(grouping, isolated.value, store.theme.value)[label] : null;
  return (
    <span class="label-mark">
      {css && <i class="sw" style={{ background: css }} />}
      {classText(scene, label)}
    </span>
  );
}

interface PictureProps {
  thumbs: Thumbs;
  row: number;
  side: number;
  label: string;
}

/** The small picture of an image, or the room for it. */
export function ThumbPicture({ thumbs, row, side, label }: PictureProps) {
  const thumb = thumbs.get(row);
  if (!thumb) {
    const box = { width: `${side}px`, height: `${side}px` };
    return <span class="thumb-room plate" style={box} role="img" aria-label={label} />;
  }
  return <PixelCanvas {...pixelsOf(thumb)} size={fitted(thumb, side)} label={label} />;
}

const packedThumbs = new WeakMap<object, Uint32Array<ArrayBuffer>>();

function pixelsOf(thumb: { rgb: Uint8Array; width: number; height: number }) {
  let pixels = packedThumbs.get(thumb);
  if (!pixels) {
    const { rgb } = thumb;
    pixels = new Uint32Array(thumb.width * thumb.height);
    for (let at = 0; at < pixels.length; at++)
      pixels[at] =
        0xff000000 |
        ((rgb[3 * at + 2] as number) << 16) |
        ((rgb[3 * at + 1] as number) << 8) |
        (rgb[3 * at] as number);
    packedThumbs.set(thumb, pixels);
  }
  return { pixels, width: thumb.width, height: thumb.height };
}
