/** Where each picture of a grid lies, in CSS pixels, and which picture lies under a point. */

export interface GridLayout {
  columns: number;
  rows: number;
  count: number;
  /** Size of one picture as drawn. */
  width: number;
  height: number;
  /** Distance from one picture's left (top) edge to the next one's. */
  stepX: number;
  stepY: number;
  /** Space between pictures. */
  gap: number;
  /** Space around the whole, where a selection ring may lie. */
  margin: number;
  totalHeight: number;
}

export interface Rect {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface Hit {
  /** Place in the drawn order. */
  position: number;
  /** Pixel of the picture; null over the text below it. */
  row: number | null;
  column: number | null;
}

const GAP = 4;
export const LABEL = 14;
const MARGIN = 3;
const SMALLEST = 56;
const LARGEST = 176;

/**
 * Lay `count` pictures out in a box: as large as lets all be seen at once, but between 56 and 176 px wide;
 * what does not fit is scrolled.
 *
 * @param aspect height / width of a picture.
 * @param label height of the text under each picture.
 * @param columns exactly so many in a row, however small they become.
 */
export function gridLayout(
  count: number,
  aspect: number,
  box: { width: number; height: number },
  { label = LABEL, smallest = SMALLEST, largest = LARGEST, gap = GAP, columns: given = 0 } = {},
): GridLayout {
  const inner = Math.max(1, box.width - 2 * MARGIN);
  const most = Math.max(1, Math.floor((inner + gap) / (smallest + gap)));
  const fewest = Math.max(1, Math.ceil((inner + gap) / (largest + gap)));
  const place = (columns: number) => layoutOf(count, aspect, columns, { inner, label, largest, gap });
  if (given > 0) return place(given);
  for (let columns = Math.min(fewest, most); columns < most; columns++) {
    const layout = place(columns);
    if (layout.totalHeight <= box.height) return layout;
  }
  return place(most);
}

function layoutOf(
  count: number,
  aspect: number,
  columns: number,
  { inner, label, largest, gap }: { inner: number; label: number; largest: number; gap: number },
): GridLayout {
  const width = Math.max(1, Math.min(largest, Math.floor((inner + gap) / columns) - gap));
  const height = Math.max(1, Math.round(width * aspect));
  const rows = Math.ceil(count / columns);
  const stepX = width + gap;
  const stepY = height + label + gap;
  const totalHeight = rows * stepY - gap + 2 * MARGIN;
  return { columns, rows, count, width, height, stepX, stepY, gap, margin: MARGIN, totalHeight };
}

/** Where the picture at `position` of the order is drawn. */
export function cellRect(layout: GridLayout, position: number): Rect {
  const column = position % layout.columns;
  const row = Math.floor(position / layout.columns);
  return {
    x: layout.margin + column * layout.stepX,
    y: layout.margin + row * layout.stepY,
    width: layout.width,
    height: layout.height,
  };
}

/** The picture under a point, its text included; null between pictures and past the last. */
export function hitTest(
  layout: GridLayout,
  point: { x: number; y: number },
  picture: { height: number; width: number },
): Hit | null {
  const x = point.x - layout.margin;
  const y = point.y - layout.margin;
  const column = Math.floor(x / layout.stepX);
  const row = Math.floor(y / layout.stepY);
  const [insideX, insideY] = [x - column * layout.stepX, y - row * layout.stepY];
  const position = row * layout.columns + column;
  if (x < 0 || y < 0 || column >= layout.columns || position >= layout.count) return null;
  if (insideX >= layout.width || insideY >= layout.stepY - layout.gap) return null;
  const onPicture = insideY < layout.height;
  return {
    position,
    row: onPicture ? Math.floor((insideY / layout.height) * picture.height) : null,
    column: onPicture ? Math.floor((insideX / layout.width) * picture.width) : null,
  };
}

/** Positions first…last (exclusive) that show between `top` and `top + height`. */
export function visiblePositions(
  layout: GridLayout,
  top: number,
  height: number,
): { first: number; last: number } {
  const firstRow = Math.max(0, Math.floor((top - layout.margin) / layout.stepY));
  const lastRow = Math.min(layout.rows, Math.ceil((top + height - layout.margin) / layout.stepY));
  return {
    first: Math.min(layout.count, firstRow * layout.columns),
    last: Math.min(layout.count, Math.max(firstRow, lastRow) * layout.columns),
  };
}

/** Position after a move by keys; stays inside. */
export function movedPosition(
  layout: GridLayout,
  position: number,
  move: { columns: number; rows: number },
): number {
  const row = Math.floor(position / layout.columns);
  const target = position + move.columns + move.rows * layout.columns;
  if (move.rows !== 0 && (target < 0 || target >= layout.count)) {
    const edge = target < 0 ? position % layout.columns : layout.count - 1;
    return row === Math.floor(edge / layout.columns) ? position : edge;
  }
  return Math.min(layout.count - 1, Math.max(0, target));
}
