/** The right column: the chosen image with its neighbours, and which units fire for what the lasso holds. */

import { signal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Nearness } from "../../api/layouts";
import { exactText } from "../../draw/number_text";
import { Nothing } from "../../ui/panel_state";
import { Segmented } from "../../ui/segmented";
import type { ViewProps } from "../view";
import { chosen, unitsWanted } from "./choice";
import { answered, near, useNeighbours } from "./near";
import type { Thumbs } from "./thumbs";
import { FiringUnits } from "./units";
import { type Scene, useScene } from "./use_scene";
import { sceneThumbs, useThumbs } from "./use_thumbs";
import { classText, imageTitle, isRight, LabelMark, lossText, ThumbPicture } from "./words";

/** By what features are near. */
const metric = signal<"cosine" | "l2">("cosine");
const METRICS = [
  { value: "cosine", text: "cosine", title: "by angle: 1 minus the cosine" },
  { value: "l2", text: "L2", title: "Euclidean distance" },
] as const;
const SIDE = 84;
const NEAR = 8;
const NEAR_SIDE = 56;

export function Inspector({ store, client }: ViewProps) {
  const scene = useScene(store, client)?.scene;
  if (!scene) return null;
  const row = store.point.value;
  const isThere = row !== null && row < scene.layout.count;
  const props = { store, client, scene };
  return (
    <>
      {unitsWanted.value && chosen.value && <FiringUnits {...props} chosen={chosen.value} />}
      {isThere ? (
        <ImageOf {...props} row={row} thumbs={sceneThumbs(client, scene)} />
      ) : (
        <Nothing title="No image chosen">
          Click one on the map for its neighbours. Drag with <kbd>⇧</kbd> to draw a lasso.
        </Nothing>
      )}
    </>
  );
}

interface ImageProps extends ViewProps {
  scene: Scene;
  row: number;
  thumbs: Thumbs;
}

function ImageOf(props: ImageProps) {
  const { store, scene, row, thumbs } = props;
  useThumbs(thumbs, [row]);
  const right = isRight(scene, row);
  const loss = lossText(scene, row);
  const { subjects } = scene;
  const example = subjects.exampleRow(row);
  const isPlaced = hasPlace(scene, row);
  return (
    <section aria-label="chosen image">
      <div class="point-head">
        <ThumbPicture thumbs={thumbs} row={row} side={SIDE} label={imageTitle(scene, row)} />
        <div>
          <h1 class="wrap">{imageTitle(scene, row)}</h1>
          <p>
            label <LabelMark store={store} scene={scene} row={row} />
          </p>
          {subjects.predicted && <p>predicted {classText(scene, subjects.predicted[row])}</p>}
          {right !== null && <p class={right ? "ok" : "bad"}>{right ? "✓ right" : "▲ wrong"}</p>}
          {loss !== null && <p class="t">loss {loss}</p>}
        </div>
      </div>
      <p class="cap clip">{subjects.reference}</p>
      {!isPlaced && <p class="warn cap">▲ its features are not finite: no place, no neighbours</p>}
      {isPlaced && <Near {...props} by={metric.value} title="Nearest in feature space" />}
      {subjects.dataset !== null && <Near {...props} by="pixels" title="Nearest in pixels" />}
      <p class="cap">Exact, over all images. A frame: another label.</p>
      {example !== null && (
        <button
          type="button"
          class="btn"
          onClick={() => {
            store.image.value = example;
            store.view.value = "image";
          }}
        >
          Open in the Image view
        </button>
      )}
    </section>
  );
}

interface NearProps extends ImageProps {
  by: Nearness;
  title: string;
}

function Near({ store, client, scene, row, thumbs, by, title }: NearProps) {
  const isDrawn = by !== "pixels";
  // One after the other: both at once would be slower each, and features are looked at first.
  const isDue = isDrawn || !hasPlace(scene, row) || answered.value === row;
  const { value, error, retry } = useNeighbours(client, scene.held, { row, by, k: NEAR, isDue });
  const rows = value?.rows ?? [];
  const isThere = value !== null || error !== null;
  useThumbs(thumbs, rows);
  useEffect(() => {
    if (isDrawn && isThere) answered.value = row;
  }, [isDrawn, isThere, row]);
  useEffect(() => {
    if (isDrawn) near.value = rows;
    return () => {
      if (isDrawn) near.value = [];
    };
  }, [isDrawn, rows.join()]);
  return (
    <div class="sec">
      <div class="row">
        <h2>{title}</h2>
        <span class="grow" />
        {isDrawn ? (
          <Segmented
            label="Distance of features"
            value={metric.value}
            choices={METRICS}
            onChoose={(value) => {
              metric.value = value;
            }}
          />
        ) : (
          <span class="cap nowrap">L2 distance</span>
        )}
      </div>
      {error && (
        <p class="bad cap" role="alert">
          ▲ {error.message}{" "}
          <button type="button" class="link" onClick={retry}>
            Try again
          </button>
        </p>
      )}
      <ul class="near" data-by={by} data-row={value?.row}>
        {rows.map((other, at) => (
          <li key={other}>
            <button
              type="button"
              class={isOther(scene, row, other) ? "other" : ""}
              title={imageTitle(scene, other)}
              onClick={() => {
                store.point.value = other;
              }}
            >
              <ThumbPicture thumbs={thumbs} row={other} side={NEAR_SIDE} label={imageTitle(scene, other)} />
              <span class="cap near-label">
                <LabelMark store={store} scene={scene} row={other} />
              </span>
              <span class="cap">{exactText(value?.distances[at] ?? Number.NaN)}</span>
            </button>
          </li>
        ))}
        {value && rows.length === 0 && <li class="cap">none</li>}
      </ul>
    </div>
  );
}

/** False where its features are not finite. */
function hasPlace({ layout }: Scene, row: number): boolean {
  return Number.isFinite(layout.principal[row * layout.components]);
}

function isOther({ subjects }: Scene, row: number, other: number): boolean {
  const [one, two] = [subjects.labels[row] ?? -1, subjects.labels[other] ?? -1];
  return one >= 0 && two >= 0 && one !== two;
}
