/** What lies over the map: lassos, and rings around the image chosen and the one under the pointer. */

import { toPixels } from "../../draw/scatter_camera";
import type { Store } from "../../state/store";
import type { Size } from "../../ui/use_size";
import { hovered, lassos, type Way } from "./choice";
import { near } from "./near";
import type { PlotState } from "./plot_state";

interface Props {
  store: Store;
  state: PlotState;
  size: Size;
}

export function Overlay({ store, state, size }: Props) {
  // Follows every painting: camera, and points on their way.
  state.painting.value;
  const { points } = state;
  const at = (x: number, y: number) => toPixels(state.camera, size, x, y);
  const spot = (row: number | null) => {
    const [x, y] = [points.x[row ?? -1], points.y[row ?? -1]];
    return x === undefined || y === undefined || Number.isNaN(x + y) ? null : at(x, y);
  };
  const point = spot(store.point.value);
  const over = spot(hovered.value);
  const drawing = state.drawing.value;
  const lines: { way: Way; line: readonly number[] }[] = lassos.value.filter(({ map }) => map === state.map);
  if (drawing.length > 0) lines.push({ way: "anew", line: drawing });
  return (
    <svg class="plot-over" width={size.width} height={size.height} aria-hidden="true">
      {lines.map(({ way, line }, index) => (
        <polygon key={index} class={`lasso ${way}`} points={cornersOf(line, at)} />
      ))}
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

function cornersOf(line: readonly number[], at: (x: number, y: number) => [number, number]): string {
  const corners: string[] = [];
  for (let i = 0; i + 1 < line.length; i += 2)
    corners.push(
      at(line[i] as number, line[i + 1] as number)
        .map((px) => px.toFixed(1))
        .join(","),
    );
  return corners.join(" ");
}
