/** A few small pictures in rows, painted on one canvas; a click or Enter opens one. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { canvasOf, drawScaled, fitCanvas } from "../../draw/canvas";
import type { Atlas } from "../../draw/grid_pixels";
import { useSize } from "../../ui/use_size";

interface Props {
  /** All pictures in one row. */
  atlas: Atlas;
  count: number;
  picture: { width: number; height: number };
  /** What each picture is, for those who do not see it. */
  names: readonly string[];
  onOpen: (index: number) => void;
}

const GAP = 4;
const LARGEST = 48;
const SMALLEST = 12;

interface Layout {
  columns: number;
  cell: number;
}

/** The largest cells with which all pictures fit the box; whole multiples of the picture's size where that costs little. */
export function tileLayout(count: number, box: { width: number; height: number }, side: number): Layout {
  const columnsOf = (cell: number): number => Math.max(1, Math.floor((box.width + GAP) / (cell + GAP)));
  let cell = LARGEST;
  while (cell > SMALLEST && Math.ceil(count / columnsOf(cell)) * (cell + GAP) - GAP > box.height) cell--;
  const multiple = Math.floor(cell / side) * side;
  if (multiple >= cell * 0.8) cell = multiple;
  return { columns: columnsOf(cell), cell };
}

/** Paint the pictures of an atlas with one row into their cells. */
function paintTiles(
  canvas: HTMLCanvasElement,
  { atlas, count, picture }: Props,
  { columns, cell }: Layout,
): void {
  const step = cell + GAP;
  const size = { width: columns * step - GAP, height: Math.ceil(count / columns) * step - GAP };
  const context = fitCanvas(canvas, size);
  context.clearRect(0, 0, size.width, size.height);
  context.strokeStyle = "rgba(128, 128, 128, 0.25)";
  const source = canvasOf(atlas.pixels, atlas.width, atlas.height);
  const scale = cell / Math.max(picture.width, picture.height);
  const drawn = { width: picture.width * scale, height: picture.height * scale };
  for (let i = 0; i < count; i++) {
    const x = (i % columns) * step;
    const y = Math.floor(i / columns) * step;
    drawScaled(context, source, { x: i * picture.width, y: 0, ...picture }, { x, y, ...drawn });
    // All zeros is white, as the page is: an edge shows that a picture is there.
    context.strokeRect(x + 0.5, y + 0.5, drawn.width - 1, drawn.height - 1);
  }
}

/** Where an arrow key leads; null for other keys. */
function moved(key: string, cursor: number, count: number, columns: number): number | null {
  const by: Record<string, number> = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
  const places = by[key];
  return places === undefined ? null : Math.min(Math.max(cursor + places, 0), count - 1);
}

export function Tiles(props: Props) {
  const { atlas, count, picture, names, onOpen } = props;
  const [box, size] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const [cursor, setCursor] = useState(0);
  const layout = size && tileLayout(count, size, Math.max(picture.width, picture.height));
  // In the same frame as the label: it must never stand over another step's picture.
  useLayoutEffect(() => {
    if (canvas.current && layout) paintTiles(canvas.current, props, layout);
  }, [atlas, layout?.columns, layout?.cell, count]);
  const hit = (event: MouseEvent): number => {
    const step = (layout?.cell ?? 0) + GAP;
    const index =
      Math.floor(event.offsetY / step) * (layout?.columns ?? 0) + Math.floor(event.offsetX / step);
    return index < count ? index : -1;
  };
  const onKey = (event: KeyboardEvent): void => {
    const to = moved(event.key, cursor, count, layout?.columns ?? 1);
    if (event.key === "Enter") onOpen(cursor);
    else if (to !== null) setCursor(to);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="tiles" ref={box}>
      <canvas
        ref={canvas}
        tabIndex={0}
        role="slider"
        aria-label={`${count} pictures, Enter opens one`}
        aria-valuemin={0}
        aria-valuemax={count - 1}
        aria-valuenow={cursor}
        aria-valuetext={names[cursor] ?? ""}
        onKeyDown={onKey}
        onClick={(event) => {
          const index = hit(event);
          if (index >= 0) onOpen(index);
        }}
        onPointerMove={(event) => {
          event.currentTarget.title = names[hit(event)] ?? "";
        }}
      />
    </div>
  );
}
