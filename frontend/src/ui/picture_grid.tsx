/** All pictures of a layer on one canvas that scrolls, with a selection that keys and pointer move. */

import { useLayoutEffect, useMemo, useRef, useState } from "preact/hooks";
import { PAPER_INK } from "../draw/captioned";
import { cellRect, type GridLayout, gridLayout, hitTest, LABEL, movedPosition } from "../draw/grid_layout";
import { type CellText, inkOf, paintGrid } from "../draw/grid_painter";
import type { Atlas } from "../draw/grid_pixels";
import { useSize } from "./use_size";

/** A pixel of one picture; row and column are null over the text below it. */
export interface GridPoint {
  index: number;
  row: number | null;
  column: number | null;
}

interface Props {
  /** "32 channels of block1.relu". */
  label: string;
  /** Which picture stands at each position. */
  order: readonly number[];
  /** Size of one picture in its own pixels. */
  picture: { width: number; height: number };
  atlas: (order: number[], columns: number) => Atlas;
  text: (index: number) => CellText;
  /** Said of a picture by screen readers. */
  says: (index: number) => string;
  selected: number | null;
  onSelect: (index: number) => void;
  onOpen: (index: number) => void;
  onPoint: (point: GridPoint | null) => void;
  /** Changes when the pixels would. */
  version: unknown;
  /** Theme name: the text's colours are read again when it changes. */
  theme: string;
  /** What is shown is not yet what was asked for. */
  dim: boolean;
  /** No text under the pictures, for very small ones. */
  bare?: boolean;
  /** Space between pictures that have lines of their own. */
  gap?: number | undefined;
  /** Widest that a picture is drawn, CSS pixels. */
  largest?: number;
  /** So many in a row; by default as fit. */
  columns?: number | undefined;
  /** Given a function that draws all of the grid, scrolled away or not, as it goes on paper. */
  drawn?: Drawn;
}

/** Where a panel leaves the function that draws its picture for the clipboard. */
export interface Drawn {
  current: (() => HTMLCanvasElement | null) | null;
}

/** Browsers draw no canvas taller than this. */
const TALLEST = 16_000;

const MOVES: Record<string, { columns: number; rows: number }> = {
  ArrowLeft: { columns: -1, rows: 0 },
  ArrowRight: { columns: 1, rows: 0 },
  ArrowUp: { columns: 0, rows: -1 },
  ArrowDown: { columns: 0, rows: 1 },
  Home: { columns: Number.NEGATIVE_INFINITY, rows: 0 },
  End: { columns: Number.POSITIVE_INFINITY, rows: 0 },
};

/** Selects with the arrow keys, eight at once with Shift. True when the key was one of them. */
function moveSelection(event: KeyboardEvent, layout: GridLayout, props: Props): boolean {
  const move = MOVES[event.key];
  if (!move) return false;
  const times = event.shiftKey ? 8 : 1;
  const from = props.selected === null ? -1 : props.order.indexOf(props.selected);
  const to =
    from < 0 ? 0 : movedPosition(layout, from, { columns: move.columns * times, rows: move.rows * times });
  const index = props.order[to];
  if (index !== undefined) props.onSelect(index);
  return true;
}

export function PictureGrid(props: Props) {
  const [box, size] = useSize<HTMLDivElement>();
  const { picture, order, bare, gap = 4, largest = 176, columns = 0 } = props;
  const aspect = picture.height / picture.width;
  const layout = useMemo(() => {
    const limits = bare
      ? { label: 0, smallest: 12, largest: 28, gap: 2 }
      : { label: LABEL, gap, largest, columns };
    return size && gridLayout(order.length, aspect, size, limits);
  }, [order.length, aspect, size, bare, gap, largest, columns]);
  return (
    <div class="grid-box" ref={box}>
      {layout && size && <Scrolled {...props} layout={layout} size={size} />}
    </div>
  );
}

type ScrolledProps = Props & { layout: GridLayout; size: { width: number; height: number } };

function Scrolled(props: ScrolledProps) {
  const { layout, size, order, selected, picture } = props;
  const scroller = useRef<HTMLDivElement>(null);
  const canvas = useRef<HTMLCanvasElement>(null);
  const [top, setTop] = useState(0);
  const [hovered, setHovered] = useState<number | null>(null);
  const position = selected === null ? -1 : order.indexOf(selected);

  useLayoutEffect(() => {
    if (!canvas.current) return;
    const { text, atlas } = props;
    const cells = { layout, order, atlas, text, selected: position };
    paintGrid(canvas.current, cells, { top, ...size }, inkOf(canvas.current));
    if (!props.drawn) return;
    props.drawn.current = () => {
      const paper = document.createElement("canvas");
      const height = Math.min(layout.totalHeight, TALLEST);
      paintGrid(paper, { ...cells, selected: null }, { top: 0, width: size.width, height }, PAPER_INK);
      return paper;
    };
  }, [props.version, layout, order, top, position, props.theme, size]);

  useLayoutEffect(() => {
    if (position < 0 || !scroller.current) return;
    const rect = cellRect(layout, position);
    const { scrollTop } = scroller.current;
    if (rect.y < scrollTop) scroller.current.scrollTop = rect.y - layout.margin;
    else if (rect.y + layout.stepY > scrollTop + size.height)
      scroller.current.scrollTop = rect.y + layout.stepY - size.height + layout.margin;
  }, [position, layout, size]);

  const hit = (event: PointerEvent | MouseEvent) => {
    const rect = (canvas.current as HTMLCanvasElement).getBoundingClientRect();
    const point = { x: event.clientX - rect.left, y: event.clientY - rect.top + top };
    return hitTest(layout, point, picture);
  };
  const point = (event: PointerEvent): void => {
    const found = hit(event);
    setHovered(found?.position ?? null);
    const index = found && order[found.position];
    props.onPoint(found && index !== undefined && index !== null ? { ...found, index } : null);
  };
  const choose = (event: MouseEvent, then: (index: number) => void): void => {
    const index = order[hit(event)?.position ?? -1];
    if (index !== undefined) then(index);
  };
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === "Enter" && selected !== null) props.onOpen(selected);
    else if (!moveSelection(event, layout, props)) return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div
      class={props.dim ? "grid-scroll dim" : "grid-scroll"}
      ref={scroller}
      onScroll={(event) => setTop(event.currentTarget.scrollTop)}
    >
      <div style={{ height: `${Math.max(layout.totalHeight, 1)}px`, position: "relative" }}>
        <canvas
          ref={canvas}
          class="grid-canvas"
          tabIndex={0}
          role="slider"
          aria-label={props.label}
          aria-valuemin={0}
          aria-valuemax={Math.max(0, order.length - 1)}
          aria-valuenow={Math.max(0, position)}
          aria-valuetext={selected === null ? "nothing selected" : props.says(selected)}
          onPointerMove={point}
          onPointerLeave={() => {
            setHovered(null);
            props.onPoint(null);
          }}
          onClick={(event) => choose(event, props.onSelect)}
          onDblClick={(event) => choose(event, props.onOpen)}
          onKeyDown={press}
        />
        {hovered !== null && hovered !== position && <Ring layout={layout} position={hovered} kind="hover" />}
        {position >= 0 && <Ring layout={layout} position={position} kind="selected" />}
      </div>
    </div>
  );
}

function Ring({ layout, position, kind }: { layout: GridLayout; position: number; kind: string }) {
  const { x, y, width, height } = cellRect(layout, position);
  const style = { left: `${x}px`, top: `${y}px`, width: `${width}px`, height: `${height}px` };
  return <div class={`ring-${kind}`} style={style} aria-hidden="true" />;
}
