/** One layer's quantity over all captures: a small plot that is clicked to go to a step, and its value now. */

import type { ComponentChildren } from "preact";
import { useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Layer, Statistics } from "../../api/types";
import { fitCanvas } from "../../draw/canvas";
import { nearest } from "../../state/axis";
import { cell } from "../../state/health";
import { lookAt } from "../../state/moves";
import { latestAtOrBefore } from "../../state/steps";
import type { Store } from "../../state/store";
import type { Column } from "./columns";

const ROW_PX = 14;

/** What all cells of the table share. */
export interface TableView {
  store: Store;
  table: Statistics;
  /** Where the captures lie on the axis, 0…1. */
  places: number[];
  /** Of a plot, in pixels. */
  width: number;
  /** Position of the capture looked at, -1 before the first. */
  shown: number;
  /** Says what is under the pointer. */
  say: (text: string | null) => void;
}

interface CellProps {
  view: TableView;
  row: number;
  layer: Layer | undefined;
  column: Column;
}

export function PlotCell({ view, row, layer, column }: CellProps) {
  const { table, places, shown } = view;
  const values = useMemo(() => rowValues(table, column.name, row), [table, column, row]);
  if (!layer || values.every(Number.isNaN)) return <td />;
  const here = cell(table, column.name, shown, row);
  return (
    <td>
      <div class="plot-cell">
        <PlotBox view={view} row={row} layer={layer} column={column} values={values}>
          {shown >= 0 && <i style={{ left: `${(places[shown] ?? 0) * 100}%` }} />}
        </PlotBox>
        <span class={column.name === "dead" && (here ?? 0) > 0 ? "bad" : "s"}>
          {here === null ? "–" : column.say(here)}
        </span>
      </div>
    </td>
  );
}

/** One layer's column over the captures. */
function rowValues(table: Statistics, name: string, row: number): number[] {
  const data = table.columns[name];
  return table.steps.map((_, step) => data?.[step * table.layers.length + row] ?? Number.NaN);
}

interface PlotProps extends CellProps {
  layer: Layer;
  values: number[];
  children: ComponentChildren;
}

function PlotBox({ view, row, layer, column, values, children }: PlotProps) {
  const { store, table, places, width, say } = view;
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = store.theme.value;
  useLayoutEffect(() => {
    if (!canvas.current || width <= 0) return;
    const size = { width, height: ROW_PX };
    const context = fitCanvas(canvas.current, size);
    context.clearRect(0, 0, width, ROW_PX);
    const style = getComputedStyle(document.documentElement);
    const ink = (token: string): string => style.getPropertyValue(token).trim();
    column.paint(context, { values, places, layer, ink }, size);
  }, [table, places, width, theme, layer]);
  const at = (event: MouseEvent): number => nearest(places, event.offsetX / width);
  const goTo = (event: MouseEvent): void => {
    const step = table.steps[at(event)];
    const index = store.a.index.value;
    if (step !== undefined && index) lookAt(store.a, latestAtOrBefore(index.steps, step));
  };
  const tell = (event: MouseEvent): void => {
    const step = at(event);
    const value = cell(table, column.name, step, row);
    const said = value === null ? "–" : column.say(value);
    say(`${table.layers[row]} · step ${table.steps[step]} · ${column.title.toLowerCase()} ${said}`);
  };
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: steps have keys of their own in the whole page
    // biome-ignore lint/a11y/noStaticElementInteractions: as above
    <div
      class="plot-box"
      style={{ width: `${width}px` }}
      onClick={goTo}
      onPointerMove={tell}
      onPointerLeave={() => say(null)}
    >
      <canvas ref={canvas} />
      {children}
    </div>
  );
}
