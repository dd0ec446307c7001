/** A 1 × 1 convolution: one row a filter, one column an input channel. */

import { useMemo } from "preact/hooks";
import { canvasOf } from "../../draw/canvas";
import { kernelRange, paintMatrix, weightAt } from "../../draw/kernels";
import { exactText } from "../../draw/number_text";
import { MapCanvas, pixelAt, spotOf } from "../../ui/map_canvas";
import { useSize } from "../../ui/use_size";
import { colourMapOf } from "../records/colouring";
import type { GridProps } from "./filters";
import { spot } from "./use_layer";

export function Matrix({ store, look, kernels, drawn, dim }: GridProps) {
  const [box, size] = useSize<HTMLDivElement>();
  const colourMap = colourMapOf(store, true);
  const gamma = store.gamma.value;
  const isShared = store.range.value === "shared";
  const atlas = useMemo(() => {
    const order = Array.from({ length: kernels.count }, (_, filter) => filter);
    const shared = isShared ? kernelRange(kernels, null) : null;
    return paintMatrix(kernels, order, { colourMap, gamma, shared });
  }, [kernels, colourMap, gamma, isShared]);
  drawn.current = () => canvasOf(atlas.pixels, atlas.width, atlas.height);
  const at = spot.value && pixelAt(spot.value, atlas);
  const says = at
    ? `filter ${at.row}, input channel ${at.column}: ${exactText(weightAt(kernels, at.row, at.column, 0, 0))}`
    : `${kernels.count} filters, ${kernels.slices} input channels`;
  const side =
    size && Math.max(1, Math.min((size.width - 4) / atlas.width, (size.height - 24) / atlas.height, 24));
  const selected = look.selected ?? 0;
  return (
    <div class="matrix" ref={box}>
      {side && (
        <div class="matrix-box">
          <MapCanvas
            map={atlas}
            size={{ width: Math.round(atlas.width * side), height: Math.round(atlas.height * side) }}
            spot={spot.value}
            onSpot={(next) => {
              spot.value = next;
            }}
            onClick={(next) => {
              store.channel.value = pixelAt(next, atlas).row;
            }}
            label={`weights of ${look.name}: a row a filter, a column an input channel`}
            says={says}
            dim={dim}
          />
          <div
            class="matrix-row"
            aria-hidden="true"
            style={{
              top: `${spotOf(selected, 0, atlas).y * atlas.height * side - side / 2}px`,
              height: `${Math.max(2, side)}px`,
            }}
          />
        </div>
      )}
      <p class="cap">rows: filters · columns: input channels · {says}</p>
    </div>
  );
}
