/** The right column: the chosen image with its neighbours, and which units fire for what the lasso holds. */

import { Nothing } from "../../ui/panel_state";
import type { ViewProps } from "../view";
import { AgreementOverK } from "./agreement";
import { chosen, unitsWanted } from "./choice";
import { useNearAhead } from "./near";
import { Neighbours } from "./neighbours";
import type { Thumbs } from "./thumbs";
import { FiringUnits } from "./units";
import { type Scene, useScene } from "./use_scene";
import { sceneThumbs, useThumbs } from "./use_thumbs";
import { classText, imageTitle, isRight, LabelMark, lossText, ThumbPicture } from "./words";

const SIDE = 76;

export function Inspector({ store, client }: ViewProps) {
  const scene = useScene(store, client)?.scene;
  return scene ? <Parts store={store} client={client} scene={scene} /> : null;
}

function Parts(props: ViewProps & { scene: Scene }) {
  const { store, client, scene } = props;
  const thumbs = sceneThumbs(client, scene);
  useNearAhead(client, scene, thumbs);
  const row = store.point.value;
  const isThere = row !== null && row < scene.layout.count;
  return (
    <>
      {unitsWanted.value && chosen.value && <FiringUnits {...props} chosen={chosen.value} />}
      {isThere ? (
        <ImageOf {...props} row={row} thumbs={thumbs} />
      ) : (
        <Nothing title="No image chosen">
          Click one on the map, or press an arrow key, for its neighbours. Drag with <kbd>⇧</kbd> to draw a
          lasso.
        </Nothing>
      )}
      <AgreementOverK scene={scene} />
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
          <p>
            {right !== null && <span class={right ? "ok" : "bad"}>{right ? "✓ right" : "▲ wrong"}</span>}
            {right !== null && loss !== null && " · "}
            {loss !== null && <span class="t">loss {loss}</span>}
          </p>
          <p class="cap clip" title={subjects.reference}>
            {subjects.reference}
          </p>
        </div>
      </div>
      <Neighbours {...props} />
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
