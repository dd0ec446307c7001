/** The nearest images in feature space and in pixel space, beside each other, rank by rank. */

import { useEffect } from "preact/hooks";
import type { Nearness } from "../../api/layouts";
import { exactText } from "../../draw/number_text";
import { Segmented } from "../../ui/segmented";
import type { ViewProps } from "../view";
import { metric, NEAR, near, useNeighbours } from "./near";
import type { Thumbs } from "./thumbs";
import type { Scene } from "./use_scene";
import { useThumbs } from "./use_thumbs";
import { imageTitle, LabelMark, ThumbPicture } from "./words";

const METRICS = [
  { value: "cosine", text: "cosine", title: "by angle: 1 minus the cosine" },
  { value: "l2", text: "L2", title: "Euclidean distance" },
] as const;
const SIDE = 38;

interface Props extends ViewProps {
  scene: Scene;
  row: number;
  thumbs: Thumbs;
}

export function Neighbours(props: Props) {
  const { scene, row } = props;
  const isPlaced = hasPlace(scene, row);
  const hasPixels = scene.subjects.dataset !== null;
  if (!isPlaced && !hasPixels)
    return <p class="warn cap">▲ its features are not finite: no place, no neighbours</p>;
  return (
    <div class="sec">
      <div class="row">
        <h2>Nearest images</h2>
        <span class="grow" />
        <span class="cap nowrap">exact · ✓ same label, ≠ another</span>
      </div>
      <div class="near-pair">
        {isPlaced ? (
          <Column {...props} by={metric.value} />
        ) : (
          <p class="warn cap">▲ its features are not finite: no place, no neighbours</p>
        )}
        {hasPixels && <Column {...props} by="pixels" />}
      </div>
    </div>
  );
}

function Column({ store, client, scene, row, thumbs, by }: Props & { by: Nearness }) {
  const isDrawn = by !== "pixels";
  const { value, error, retry } = useNeighbours(client, scene.held, { row, by, k: NEAR });
  const rows = value?.rows ?? [];
  const isThere = value !== null || error !== null;
  useThumbs(thumbs, rows);
  useEffect(() => {
    if (isDrawn) near.value = rows;
    return () => {
      if (isDrawn) near.value = [];
    };
  }, [isDrawn, rows.join()]);
  return (
    <section class="near-column" aria-label={isDrawn ? "nearest by features" : "nearest by pixels"}>
      <div class="near-head">
        <h3>{isDrawn ? "by features" : "by pixels"}</h3>
        <span class="cap">{sharedText(scene, row, rows)}</span>
      </div>
      {isDrawn ? (
        <Segmented
          label="Distance of features"
          value={metric.value}
          choices={METRICS}
          onChoose={(chosen) => {
            metric.value = chosen;
          }}
        />
      ) : (
        <span class="cap near-metric">L2 distance</span>
      )}
      {error && (
        <p class="bad cap" role="alert">
          ▲ {error.message}{" "}
          <button type="button" class="link" onClick={retry}>
            Try again
          </button>
        </p>
      )}
      <ol class="near" data-by={by} data-row={value?.row}>
        {rows.map((other, at) => (
          <li key={other}>
            <button
              type="button"
              title={imageTitle(scene, other)}
              onClick={() => {
                store.point.value = other;
              }}
            >
              <ThumbPicture thumbs={thumbs} row={other} side={SIDE} label={imageTitle(scene, other)} />
              <span class="near-said cap">
                <LabelMark store={store} scene={scene} row={other} />
                <span class="t nowrap">
                  {exactText(value?.distances[at] ?? Number.NaN)}{" "}
                  <Mark scene={scene} row={row} other={other} />
                </span>
              </span>
            </button>
          </li>
        ))}
        {value && rows.length === 0 && <li class="cap">none</li>}
        {!isThere && <Rooms />}
      </ol>
    </section>
  );
}

/** The room that answers will take. */
function Rooms() {
  return Array.from({ length: NEAR }, (_, at) => (
    <li key={at} class="near-room" aria-hidden="true">
      <span class="thumb-room plate" style={{ width: `${SIDE}px`, height: `${SIDE}px` }} />
    </li>
  ));
}

/** Whether the labels are the same; nothing where one is not known. */
function Mark({ scene, row, other }: { scene: Scene; row: number; other: number }) {
  const same = sharesLabel(scene, row, other);
  if (same === null) return null;
  return same ? (
    <span class="ok" title="the same label">
      ✓
    </span>
  ) : (
    <span class="bad" title="another label">
      ≠
    </span>
  );
}

/** "6 of 8 ✓": how many of the rows have the label of the image asked about. */
function sharedText(scene: Scene, row: number, rows: readonly number[]): string {
  const judged = rows.map((other) => sharesLabel(scene, row, other)).filter((same) => same !== null);
  if (judged.length === 0) return "";
  return `${judged.filter(Boolean).length} of ${judged.length} ✓`;
}

/** null where a label is not known. */
export function sharesLabel({ subjects }: Pick<Scene, "subjects">, row: number, other: number) {
  const [one, two] = [subjects.labels[row] ?? -1, subjects.labels[other] ?? -1];
  return one < 0 || two < 0 ? null : one === two;
}

/** False where its features are not finite. */
function hasPlace({ layout }: Scene, row: number): boolean {
  return Number.isFinite(layout.principal[row * layout.components]);
}
