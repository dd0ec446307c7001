/** What the image under the pointer is, beside the pointer and in front of everything. */

import type { ReadonlySignal } from "@preact/signals";
import type { Size } from "../../ui/use_size";
import { hovered } from "./choice";
import type { Spot } from "./plot_state";
import type { Thumbs } from "./thumbs";
import type { Scene } from "./use_scene";
import { useThumbs } from "./use_thumbs";
import { classText, imageTitle, isRight, lossText, ThumbPicture } from "./words";

const WIDTH = 232;
const HEIGHT = 92;
const AWAY = 14;

interface Props {
  scene: Scene;
  thumbs: Thumbs;
  size: Size;
  /** Where the pointer is in this plot. */
  at: ReadonlySignal<Spot | null>;
}

export function HoverCard({ scene, thumbs, size, at }: Props) {
  const spot = at.value;
  const row = hovered.value;
  useThumbs(thumbs, row === null || !spot ? [] : [row]);
  if (row === null || !spot || row >= scene.layout.count) return null;
  const left = spot.left + AWAY + WIDTH > size.width ? spot.left - AWAY - WIDTH : spot.left + AWAY;
  const top = Math.min(spot.top + AWAY, Math.max(0, size.height - HEIGHT));
  const right = isRight(scene, row);
  const loss = lossText(scene, row);
  const value = scene.grouping.by === "unit" ? scene.grouping.values?.[row] : undefined;
  return (
    <div class="hover-card" style={{ left: `${Math.max(0, left)}px`, top: `${top}px`, width: `${WIDTH}px` }}>
      <ThumbPicture thumbs={thumbs} row={row} side={64} label="" />
      <div>
        <b class="clip">{imageTitle(scene, row)}</b>
        <span class="clip">label {classText(scene, scene.subjects.labels[row])}</span>
        {scene.subjects.predicted && (
          <span class={right === false ? "clip bad" : "clip"}>
            predicted {classText(scene, scene.subjects.predicted[row])}
            {right === false && " ▲"}
          </span>
        )}
        {loss !== null && <span class="t">loss {loss}</span>}
        {value !== undefined && <span class="t">activation {value.toPrecision(3)}</span>}
      </div>
    </div>
  );
}
