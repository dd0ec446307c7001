/** Right column of the image view: the input as it is, and what the model says of it. */

import { useMemo } from "preact/hooks";
import { useAnswer } from "../../api/use_answer";
import { shapeText } from "../../draw/number_text";
import { benchPicture } from "../../state/bench_pictures";
import { MapCanvas, pixelAt } from "../../ui/map_canvas";
import { Nothing } from "../../ui/panel_state";
import { examplePixels, fitted, shownImage, useExamples } from "../records/examples";
import { TrustCurves } from "../results/trust";
import type { ViewProps } from "../view";
import { spot } from "./heatmap_of";
import { ownPixels } from "./picture_picker";
import { OwnPredictions, Predictions, WIDTH } from "./predicted";
import { isEmpty, type Slot } from "./slots";
import { TrustLine } from "./trust_line";
import { type Bench, useBench } from "./use_bench";
import { useTrust } from "./use_trust";

export function Inspector({ store, client }: ViewProps) {
  const bench = useBench(store, client);
  const examples = useExamples(client, store.a);
  const image = shownImage(store);
  const own = benchPicture.value;
  const pixels = useMemo(
    () => (own ? ownPixels(own) : examplePixels(examples, image)),
    [examples, image, own?.data],
  );
  const index = bench?.index;
  const scores = useAnswer(index ? client.scores(index.name, index.rev) : null, index?.name ?? "");
  if (!bench) return null;
  return (
    <>
      {pixels && (
        <>
          <MapCanvas
            map={pixels}
            size={fitted(pixels, WIDTH)}
            spot={spot.value}
            onSpot={(at) => {
              spot.value = at;
            }}
            label={own ? own.name : `image ${image}`}
            says={colourAt(pixels.pixels, pixels, spot.value)}
          />
          <p class="cap">
            <b>{own ? "Own picture" : "Input"}</b> ·{" "}
            {colourAt(pixels.pixels, pixels, spot.value) ||
              `true colours, ${shapeText([pixels.height, pixels.width])}`}
          </p>
        </>
      )}
      {own ? (
        <OwnPredictions store={store} client={client} bench={bench} />
      ) : scores.value && scores.value.steps.length > 0 ? (
        <Predictions store={store} client={client} bench={bench} scores={scores.value} image={image} />
      ) : (
        !scores.pending && (
          <Nothing title="No predictions recorded" code={'methods=["predictions", …]'}>
            They are part of methods="default".
          </Nothing>
        )
      )}
      {bench.main && <TrustOf store={store} client={client} bench={bench} slot={bench.main} />}
    </>
  );
}

interface TrustProps extends ViewProps {
  bench: Bench;
  slot: Slot;
}

/** Whether the chosen map may be believed, with the numbers and the curves. */
function TrustOf({ store, client, bench, slot }: TrustProps) {
  const { trust } = useTrust(client, bench, slot);
  if (!trust && isEmpty(bench, slot)) return null;
  return (
    <div class="sec">
      <h2 class="clip">Trust · {slot.title}</h2>
      {trust ? (
        <TrustCurves trust={trust} width={WIDTH} />
      ) : (
        <TrustLine store={store} client={client} bench={bench} slot={slot} />
      )}
    </div>
  );
}

/** "row 7, column 21 · rgb 12 40 200". */
function colourAt(
  pixels: Uint32Array,
  picture: { width: number; height: number },
  at: typeof spot.value,
): string {
  if (!at) return "";
  const { row, column } = pixelAt(at, picture);
  const pixel = pixels[row * picture.width + column] ?? 0;
  return `row ${row}, column ${column} · rgb ${pixel & 255} ${(pixel >> 8) & 255} ${(pixel >> 16) & 255}`;
}
