/** A map, over an example or alone, with a cross-hair that may be locked to other maps. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { canvasOf, drawScaled, fitCanvas } from "../draw/canvas";
import type { Pixels } from "./pixel_canvas";

/** A place in a picture, 0…1 from the left and from the top: the same for maps of any resolution. */
export interface Spot {
  x: number;
  y: number;
}

/** Edges of a rectangle in a picture, 0…1. */
export interface Box {
  top: number;
  left: number;
  bottom: number;
  right: number;
}

interface Props {
  map: Pixels | null;
  /** Drawn below the map. */
  base?: Pixels | null;
  size: { width: number; height: number };
  spot: Spot | null;
  onSpot: (spot: Spot | null) => void;
  onClick?: (spot: Spot) => void;
  label: string;
  /** Outlined on the map. */
  boxes?: readonly Box[];
  /** Said by screen readers of the place under the cross-hair. */
  says: string;
  dim?: boolean;
  /** One of many: followed by the others' cross-hair, passed over by the Tab key. */
  passive?: boolean;
}

/** The pixel of a picture under a spot. */
export function pixelAt(
  spot: Spot,
  picture: { width: number; height: number },
): { row: number; column: number } {
  const inside = (share: number, count: number) =>
    Math.min(count - 1, Math.max(0, Math.floor(share * count)));
  return { row: inside(spot.y, picture.height), column: inside(spot.x, picture.width) };
}

/** The middle of a pixel. */
export function spotOf(row: number, column: number, picture: { width: number; height: number }): Spot {
  return { x: (column + 0.5) / picture.width, y: (row + 0.5) / picture.height };
}

export function MapCanvas(props: Props) {
  const { map, base = null, size, spot, onSpot, label, says, dim, passive } = props;
  const ref = useRef<HTMLCanvasElement>(null);
  useLayoutEffect(() => {
    if (!ref.current) return;
    const context = fitCanvas(ref.current, size);
    context.clearRect(0, 0, size.width, size.height);
    for (const layer of [base, map]) {
      if (!layer || layer.width === 0 || layer.height === 0) continue;
      const from = { x: 0, y: 0, width: layer.width, height: layer.height };
      drawScaled(context, canvasOf(layer.pixels, layer.width, layer.height), from, { x: 0, y: 0, ...size });
    }
  }, [map?.pixels, base?.pixels, size.width, size.height]);
  const grid = map ?? base ?? { width: 1, height: 1 };
  const spotUnder = (event: MouseEvent): Spot => {
    const rect = (event.currentTarget as Element).getBoundingClientRect();
    return { x: (event.clientX - rect.left) / rect.width, y: (event.clientY - rect.top) / rect.height };
  };
  const press = (event: KeyboardEvent): void => {
    const next = movedSpot(event, spot, grid);
    if (next === undefined) return;
    onSpot(next);
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      class={dim ? "map-box dim" : "map-box"}
      style={{ width: `${size.width}px`, height: `${size.height}px` }}
    >
      <canvas
        ref={ref}
        class="map-canvas"
        {...(passive ? { role: "img", "aria-label": label } : sliderOf(label, says, spot, grid))}
        onPointerMove={(event) => onSpot(spotUnder(event))}
        onPointerLeave={() => onSpot(null)}
        onClick={(event) => props.onClick?.(spotUnder(event))}
        onKeyDown={press}
      />
      {props.boxes && props.boxes.length > 0 && <Boxes boxes={props.boxes} size={size} />}
      {spot && <CrossHair spot={spot} size={size} grid={grid} />}
    </div>
  );
}

/** Said of a canvas whose cross-hair keys move. */
function sliderOf(label: string, says: string, spot: Spot | null, grid: { width: number; height: number }) {
  return {
    tabIndex: 0,
    role: "slider" as const,
    "aria-label": label,
    "aria-valuemin": 0,
    "aria-valuemax": grid.width * grid.height - 1,
    "aria-valuenow": spot ? pixelNumber(spot, grid) : 0,
    "aria-valuetext": says,
  };
}

function pixelNumber(spot: Spot, grid: { width: number; height: number }): number {
  const { row, column } = pixelAt(spot, grid);
  return row * grid.width + column;
}

/** The spot an arrow key moves to, a pixel further (eight with Shift); null to let go, undefined for other keys. */
function movedSpot(
  event: KeyboardEvent,
  spot: Spot | null,
  grid: { width: number; height: number },
): Spot | null | undefined {
  const moves: Record<string, [number, number]> = {
    ArrowLeft: [0, -1],
    ArrowRight: [0, 1],
    ArrowUp: [-1, 0],
    ArrowDown: [1, 0],
  };
  if (event.key === "Escape" && spot) return null;
  const move = moves[event.key];
  if (!move || event.ctrlKey || event.metaKey || event.altKey) return undefined;
  const { row, column } = pixelAt(spot ?? { x: 0.5, y: 0.5 }, grid);
  const times = event.shiftKey ? 8 : 1;
  const inside = (place: number, count: number) => Math.min(count - 1, Math.max(0, place));
  return spotOf(
    inside(row + move[0] * times, grid.height),
    inside(column + move[1] * times, grid.width),
    grid,
  );
}

function Boxes({ boxes, size }: { boxes: readonly Box[]; size: Props["size"] }) {
  return (
    <svg class="cross-hair" width={size.width} height={size.height} aria-hidden="true">
      {boxes.map((box, place) => {
        const frame = {
          x: box.left * size.width,
          y: box.top * size.height,
          width: (box.right - box.left) * size.width,
          height: (box.bottom - box.top) * size.height,
        };
        return (
          <g key={place} fill="none">
            <rect {...frame} stroke="#000" stroke-opacity=".6" stroke-width="3.5" />
            <rect {...frame} stroke="#fff" stroke-width="1.5" />
          </g>
        );
      })}
    </svg>
  );
}

function CrossHair({
  spot,
  size,
  grid,
}: {
  spot: Spot;
  size: Props["size"];
  grid: { width: number; height: number };
}) {
  const { row, column } = pixelAt(spot, grid);
  const width = size.width / grid.width;
  const height = size.height / grid.height;
  const box = { x: column * width, y: row * height, width: Math.max(5, width), height: Math.max(5, height) };
  const centre = { x: box.x + width / 2, y: box.y + height / 2 };
  const gap = { x: box.width / 2 + 2, y: box.height / 2 + 2 };
  const lines = [
    `M0 ${centre.y}H${Math.max(0, centre.x - gap.x)}`,
    `M${Math.min(size.width, centre.x + gap.x)} ${centre.y}H${size.width}`,
    `M${centre.x} 0V${Math.max(0, centre.y - gap.y)}`,
    `M${centre.x} ${Math.min(size.height, centre.y + gap.y)}V${size.height}`,
  ].join("");
  const frame = {
    x: centre.x - box.width / 2,
    y: centre.y - box.height / 2,
    width: box.width,
    height: box.height,
  };
  return (
    <svg class="cross-hair" width={size.width} height={size.height} aria-hidden="true">
      <path d={lines} stroke="#000" stroke-opacity=".5" stroke-width="1" fill="none" />
      <path d={lines} stroke="#fff" stroke-opacity=".9" stroke-dasharray="2 3" stroke-width="1" fill="none" />
      <rect {...frame} fill="none" stroke="#000" stroke-opacity=".5" stroke-width="3" />
      <rect {...frame} fill="none" stroke="#fff" stroke-width="1.5" />
    </svg>
  );
}
