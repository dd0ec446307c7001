/** The model tree: layers in forward order, nested by their names. */

import type { Layer } from "../api/types";

export interface TreeRow {
  layer: Layer;
  /** Name without the part that the row above says. */
  label: string;
  depth: number;
  /** True for a layer that others are nested in. */
  isParent: boolean;
}

/** True for the names that `nn.Sequential` gives: they need the kind beside them to mean anything. */
export function isNumber(name: string): boolean {
  return /^\d+(:\d+)?$/.test(name);
}

/** All rows, parents before their children, otherwise in the order of the layers. */
export function treeRows(layers: readonly Layer[]): TreeRow[] {
  const byName = new Map(layers.filter((layer) => layer.name !== "").map((layer) => [layer.name, layer]));
  const rows = new Map<string, TreeRow>();
  const add = (layer: Layer): TreeRow => {
    const known = rows.get(layer.name);
    if (known) return known;
    const parentLayer = parentOf(layer.name, byName);
    const parent = parentLayer && add(parentLayer);
    if (parent) parent.isParent = true;
    const label = parent ? layer.name.slice(parent.layer.name.length + 1) : layer.name;
    const row = { layer, label, depth: parent ? parent.depth + 1 : 0, isParent: false };
    rows.set(layer.name, row);
    return row;
  };
  for (const layer of byName.values()) add(layer);
  return nested([...rows.values()]);
}

/** The layer with the longest name that encloses `name`. */
function parentOf(name: string, byName: Map<string, Layer>): Layer | undefined {
  let end = name.lastIndexOf(".");
  while (end > 0) {
    const parent = byName.get(name.slice(0, end));
    if (parent) return parent;
    end = name.lastIndexOf(".", end - 1);
  }
  return undefined;
}

/** Children moved behind their parent where the forward order interleaves modules. */
function nested(rows: TreeRow[]): TreeRow[] {
  const children = new Map<string, TreeRow[]>();
  const names = new Map(rows.map((row) => [row.layer.name, row.layer]));
  for (const row of rows) {
    const parent = parentOf(row.layer.name, names)?.name ?? "";
    children.set(parent, [...(children.get(parent) ?? []), row]);
  }
  const ordered: TreeRow[] = [];
  const visit = (name: string): void => {
    for (const row of children.get(name) ?? []) {
      ordered.push(row);
      visit(row.layer.name);
    }
  };
  visit("");
  return ordered;
}

/** The rows to show when the parents in `closed` hide what is in them. */
export function visibleRows(rows: readonly TreeRow[], closed: ReadonlySet<string>): TreeRow[] {
  const shown: TreeRow[] = [];
  let hiddenBelow = Number.POSITIVE_INFINITY;
  for (const row of rows) {
    if (row.depth > hiddenBelow) continue;
    hiddenBelow = closed.has(row.layer.name) ? row.depth : Number.POSITIVE_INFINITY;
    shown.push(row);
  }
  return shown;
}

/** Parents of a layer, nearest last: what has to be open for its row to be seen. */
export function ancestors(name: string, rows: readonly TreeRow[]): string[] {
  return rows
    .filter((row) => row.isParent && name.startsWith(`${row.layer.name}.`))
    .map((row) => row.layer.name);
}
