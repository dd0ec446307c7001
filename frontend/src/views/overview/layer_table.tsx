/** One row a layer: zeros, energy, weight change and dead channels over all captures, on the strip's axis. */

import { useComputed } from "@preact/signals";
import { useState } from "preact/hooks";
import type { Layer, RunIndex, Statistics } from "../../api/types";
import { gradient } from "../../draw/colour_map";
import { axisOver, positions } from "../../state/axis";
import { countBroken } from "../../state/health";
import { latestAtOrBefore } from "../../state/steps";
import { openLayer, type Store } from "../../state/store";
import { isNumber } from "../../state/tree";
import { useSize } from "../../ui/use_size";
import { COLUMNS, type Column } from "./columns";
import { PlotCell, type TableView } from "./plot_cell";

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
  const view = { store, table, places, width, shown, say: setHover };
  return (
    <section class="layer-section" ref={box}>
      <div class="row">
        <h2>{table.steps.length > 1 ? "Layers over training" : "Layers"}</h2>
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
            <LayerRow key={name} view={view} row={row} layer={layers.get(name)} columns={columns} />
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
  view: TableView;
  row: number;
  layer: Layer | undefined;
  columns: readonly Column[];
}

function LayerRow({ view, row, layer, columns }: RowProps) {
  const { store, table, shown } = view;
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
          <bdi>
            {broken > 0 && <span class="bad">▲ NaN </span>}
            {name} {layer && isNumber(name) && <span class="t">{layer.kind}</span>}
          </bdi>
        </button>
      </th>
      {columns.map((column) => (
        <PlotCell key={column.name} view={view} row={row} layer={layer} column={column} />
      ))}
    </tr>
  );
}
