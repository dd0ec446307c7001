/** What the image under the pointer is, beside the pointer and in front of everything. */

import type { Size } from "../../ui/use_size";
import { hovered } from "./choice";
import { pointer } from "./plot_state";
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
}

export function HoverCard({ scene, thumbs, size }: Props) {
  const row = hovered.value;
  const spot = pointer.value;
  useThumbs(thumbs, row === null ? [] : [row]);
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
