/** One row a layer: zeros, energy, weight change and dead channels over all captures, on the strip's axis. */

import { useComputed } from "@preact/signals";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Layer, RunIndex, Statistics } from "../../api/types";
import { fitCanvas } from "../../draw/canvas";
import { gradient } from "../../draw/colour_map";
import { countText, shareText, valueText } from "../../draw/number_text";
import { axisOver, nearest, positions } from "../../state/axis";
import { cell, countBroken } from "../../state/health";
import { lookAt } from "../../state/moves";
import { latestAtOrBefore } from "../../state/steps";
import { openLayer, type Store } from "../../state/store";
import { isNumber } from "../../state/tree";
import { useSize } from "../../ui/use_size";
import { type CellBox, paintHeat, paintLine, paintSteps } from "./row_painter";

const ROW_PX = 14;

interface Column {
  name: string;
  title: string;
  /** What the colours or the line mean. */
  hint: string;
  say: (value: number) => string;
  paint: (context: CanvasRenderingContext2D, cells: Cells, box: CellBox) => void;
}

interface Cells {
  values: number[];
  places: number[];
  layer: Layer;
  ink: (token: string) => string;
}

const COLUMNS: readonly Column[] = [
  {
    name: "zeros",
    title: "Zeros",
    hint: "share of activations that are zero, dark 0 … bright 100 %",
    say: shareText,
    paint: (context, { values, places }, box) => {
      // Layers that make no zeros are no news: their plate stays empty.
      if (values.some((value) => value >= 0.005)) paintHeat(context, values, places, box);
    },
  },
  {
    name: "energy",
    title: "Energy",
    hint: "mean square of the activations, each row on its own scale from 0",
    say: valueText,
    paint: (context, { values, places, ink }, box) =>
      paintLine(context, values, places, { ...box, ink: ink("--ink"), isLog: false }),
  },
  {
    name: "weight_change",
    title: "Weight change",
    hint: "relative change of the weights since the capture before, logarithmic, each row on its own scale",
    say: valueText,
    paint: (context, { values, places, ink }, box) =>
      paintLine(context, values, places, { ...box, ink: ink("--ink"), isLog: true }),
  },
  {
    name: "dead",
    title: "Dead channels",
    hint: "channels that are zero on every example; the full height is all channels of the layer",
    say: (value) => (value > 0 ? countText(value) : "0"),
    paint: (context, { values, places, layer, ink }, box) =>
      paintSteps(context, values, places, { ...box, ink: ink("--bad"), most: layer.shape[0] ?? 1 }),
  },
];

export function LayerTable({ store }: { store: Store }) {
  const table = store.a.statistics.value;
  const index = store.a.index.value;
  if (!index) return null;
  if (!index.series.some((series) => series.kind === "layer_table"))
    return (
      <p class="notice s">
        Layer statistics were not recorded in this run: add "layer_statistics" to the recorder's methods.
      </p>
    );
  return table ? (
    <Table store={store} table={table} index={index} />
  ) : (
    <p class="notice cap">loading layer statistics …</p>
  );
}

function Table({ store, table, index }: { store: Store; table: Statistics; index: RunIndex }) {
  const [hover, setHover] = useState<string | null>(null);
  const [box, size] = useSize<HTMLDivElement>();
  const places = useComputed(() => placesOf(store)).value;
  const layers = new Map(index.layers.map((layer) => [layer.name, layer]));
  const columns = COLUMNS.filter((column) => table.columns[column.name]);
  const width = size ? Math.floor((size.width - 176) / columns.length) - 60 : 0;
  const shown = latestAtOrBefore(table.steps, store.a.shown.value ?? -1);
  return (
    <section class="layer-section" ref={box}>
      <div class="row">
        <h2>Layers over training</h2>
        <span class="grow" />
        <span class="cap clip">{hover ?? "click a plot to go to its step, a name to open the layer"}</span>
      </div>
      <table class="layer-table">
        <thead>
          <tr>
            <th scope="col">Layer</th>
            {columns.map((column) => (
              <th key={column.name} scope="col" title={column.hint}>
                {column.title}
                {column.name === "zeros" && <HeatScale />}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {table.layers.map((name, row) => (
            <LayerRow
              key={name}
              store={store}
              table={table}
              row={row}
              layer={layers.get(name)}
              columns={columns}
              places={places}
              width={width}
              shown={shown}
              say={setHover}
            />
          ))}
        </tbody>
      </table>
    </section>
  );
}

function HeatScale() {
  return (
    <span class="heat-scale">
      0 <i style={{ background: gradient("viridis") }} /> 100 %
    </span>
  );
}

/** Where the table's captures lie on the strip's axis, 0…1. */
function placesOf(store: Store): number[] {
  const index = store.a.index.value;
  const table = store.a.statistics.value;
  if (!index || !table) return [];
  const axis = axisOver([index], store.axis.value, store.scale.value);
  const all = positions(index, store.axis.value);
  return table.steps.map((step) => axis?.place(all[latestAtOrBefore(index.steps, step)] ?? 0) ?? 0.5);
}

interface RowProps {
  store: Store;
  table: Statistics;
  row: number;
  layer: Layer | undefined;
  columns: readonly Column[];
  places: number[];
  width: number;
  shown: number;
  say: (text: string | null) => void;
}

function LayerRow({ store, table, row, layer, columns, places, width, shown, say }: RowProps) {
  const name = table.layers[row] as string;
  const broken = countBroken(table, shown, row);
  return (
    <tr class={name === store.layer.value ? "on" : ""}>
      <th scope="row">
        <button
          type="button"
          class="plain clip layer-name"
          title={name}
          onClick={() => openLayer(store, name)}
        >
          {broken > 0 && <span class="bad">▲ NaN </span>}
          {name} {layer && isNumber(name) && <span class="t">{layer.kind}</span>}
        </button>
      </th>
      {columns.map((column) => (
        <PlotCell
          key={column.name}
          store={store}
          table={table}
          row={row}
          layer={layer}
          column={column}
          places={places}
          width={width}
          shown={shown}
          say={say}
        />
      ))}
    </tr>
  );
}

function PlotCell({
  store,
  table,
  row,
  layer,
  column,
  places,
  width,
  shown,
  say,
}: Omit<RowProps, "columns"> & { column: Column }) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const theme = store.theme.value;
  const count = table.layers.length;
  const data = table.columns[column.name] as Float32Array;
  const known = table.steps.some((_, step) => !Number.isNaN(data[step * count + row] as number));
  useLayoutEffect(() => {
    if (!canvas.current || width <= 0 || !known || !layer) return;
    const size = { width, height: ROW_PX };
    const context = fitCanvas(canvas.current, size);
    context.clearRect(0, 0, width, ROW_PX);
    const style = getComputedStyle(document.documentElement);
    const ink = (token: string): string => style.getPropertyValue(token).trim();
    const values = table.steps.map((_, step) => data[step * count + row] as number);
    column.paint(context, { values, places, layer, ink }, size);
  }, [table, places, width, theme, known, layer]);
  if (!known || !layer) return <td />;
  const here = cell(table, column.name, shown, row);
  const at = (event: MouseEvent): number => nearest(places, event.offsetX / width);
  const goTo = (event: MouseEvent): void => {
    const step = table.steps[at(event)];
    const index = store.a.index.value;
    if (step !== undefined && index) lookAt(store.a, latestAtOrBefore(index.steps, step));
  };
  const tell = (event: MouseEvent): void => {
    const step = at(event);
    const value = cell(table, column.name, step, row);
    say(
      `${table.layers[row]} · step ${table.steps[step]} · ${column.title.toLowerCase()} ${value === null ? "–" : column.say(value)}`,
    );
  };
  return (
    <td>
      <div class="plot-cell">
        {/* biome-ignore lint/a11y/useKeyWithClickEvents: steps have keys of their own in the whole page */}
        {/* biome-ignore lint/a11y/noStaticElementInteractions: as above */}
        <div
          class="plot-box"
          style={{ width: `${width}px` }}
          onClick={goTo}
          onPointerMove={tell}
          onPointerLeave={() => say(null)}
        >
          <canvas ref={canvas} />
          {shown >= 0 && <i style={{ left: `${(places[shown] ?? 0) * 100}%` }} />}
        </div>
        <span class={column.name === "dead" && (here ?? 0) > 0 ? "bad" : "s"}>
          {here === null ? "–" : column.say(here)}
        </span>
      </div>
    </td>
  );
}
