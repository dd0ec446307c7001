/** What lies over the map: the lasso, and rings around the image chosen and the one under the pointer. */

import { toPixels } from "../../draw/scatter_camera";
import type { Store } from "../../state/store";
import type { Size } from "../../ui/use_size";
import { hovered, lassoLine } from "./choice";
import { near } from "./near";
import { drawing, type PlotState, painting } from "./plot_state";

interface Props {
  store: Store;
  state: PlotState;
  size: Size;
}

export function Overlay({ store, state, size }: Props) {
  // Follows every painting: camera, and points on their way.
  painting.value;
  const { points } = state;
  const at = (x: number, y: number) => toPixels(state.camera, size, x, y);
  const spot = (row: number | null) => {
    const [x, y] = [points.x[row ?? -1], points.y[row ?? -1]];
    return x === undefined || y === undefined || Number.isNaN(x + y) ? null : at(x, y);
  };
  const point = spot(store.point.value);
  const over = spot(hovered.value);
  const line = drawing.value.length > 0 ? drawing.value : lassoLine.value;
  const corners: string[] = [];
  for (let i = 0; i + 1 < line.length; i += 2)
    corners.push(
      at(line[i] as number, line[i + 1] as number)
        .map((px) => px.toFixed(1))
        .join(","),
    );
  return (
    <svg class="plot-over" width={size.width} height={size.height} aria-hidden="true">
      {corners.length > 1 && <polygon class="lasso" points={corners.join(" ")} />}
      {point &&
        near.value.map((row) => {
          const other = spot(row);
          return (
            other && (
              <g key={row}>
                <line class="near-line" x1={point[0]} y1={point[1]} x2={other[0]} y2={other[1]} />
                <circle class="near-ring" cx={other[0]} cy={other[1]} r="4" />
              </g>
            )
          );
        })}
      {over && <circle class="over-ring" cx={over[0]} cy={over[1]} r="6" />}
      {point && (
        <>
          <circle class="point-halo" cx={point[0]} cy={point[1]} r="7" />
          <circle class="point-ring" cx={point[0]} cy={point[1]} r="7" />
        </>
      )}
    </svg>
  );
}
