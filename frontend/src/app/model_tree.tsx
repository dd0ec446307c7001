/** The left column: layers in forward order with shape and share of zeros, and the net's health at this step. */

import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import { healthAt, type LayerHealth } from "../state/health";
import { openLayer, openUnit, type Store } from "../state/store";
import { ancestors, isNumber, type TreeRow, treeRows, visibleRows } from "../state/tree";
import { firstLayer } from "../views/records/series";
import { HealthFoot, HealthMark } from "./tree_health";

const ROW_PX = 22;
/** Rows drawn beyond what is seen. */
const SPARE = 12;

export function ModelTree({ store, isOpen }: { store: Store; isOpen: boolean }) {
  const all = useComputed(() => treeRows(store.a.index.value?.layers ?? []));
  const closed = useSignal<ReadonlySet<string>>(new Set());
  const rows = useComputed(() => visibleRows(all.value, closed.value));
  const toggle = (name: string): void => {
    const next = new Set(closed.value);
    if (!next.delete(name)) next.add(name);
    closed.value = next;
  };
  useEffect(() => {
    const name = store.layer.value;
    const hidden =
      name === null ? [] : ancestors(name, all.value).filter((parent) => closed.peek().has(parent));
    if (hidden.length)
      closed.value = new Set([...closed.peek()].filter((parent) => !hidden.includes(parent)));
  }, [store.layer.value]);
  return (
    <nav class={isOpen ? "tree open" : "tree"} aria-label="Layers">
      <div class="h" aria-hidden="true">
        <span>Layer</span>
        <span>shape</span>
        <span class="r">zeros</span>
      </div>
      <Rows store={store} rows={rows.value} closed={closed.value} toggle={toggle} />
      <HealthFoot store={store} />
    </nav>
  );
}

interface RowsProps {
  store: Store;
  rows: readonly TreeRow[];
  closed: ReadonlySet<string>;
  toggle: (name: string) => void;
}

function Rows({ store, rows, closed, toggle }: RowsProps) {
  const box = useRef<HTMLDivElement>(null);
  const from = useSignal(0);
  const seen = useSignal(60);
  const health = useComputed(() => {
    const { statistics, shown } = store.a;
    return statistics.value && shown.value !== null
      ? healthAt(statistics.value, shown.value)
      : new Map<string, LayerHealth>();
  });
  const look = (): void => {
    const element = box.current;
    if (!element || element.clientHeight === 0) return;
    from.value = Math.max(0, Math.floor(element.scrollTop / ROW_PX) - SPARE);
    seen.value = Math.ceil(element.clientHeight / ROW_PX) + 2 * SPARE;
  };
  useEffect(() => {
    if (!box.current) return;
    const observer = new ResizeObserver(look);
    observer.observe(box.current);
    return () => observer.disconnect();
  }, []);
  const chosen = useComputed(() => layerInSight(store)).value;
  const selected = rows.findIndex((row) => row.layer.name === chosen);
  useEffect(() => {
    if (selected >= 0) scrollTo(box.current, selected);
  }, [selected]);
  const drawn = rows.slice(from.value, from.value + seen.value);
  return (
    <div
      class="tree-rows"
      ref={box}
      role="tree"
      aria-label="Layers"
      tabIndex={0}
      onScroll={look}
      onKeyDown={(event) => onTreeKey(event, { store, rows, closed, toggle }, selected)}
      aria-activedescendant={selected >= 0 ? `layer-${selected}` : undefined}
    >
      <div role="none" style={{ height: `${from.value * ROW_PX}px` }} />
      {drawn.map((row, i) => (
        <Row
          key={row.layer.name}
          row={row}
          position={from.value + i}
          isSelected={row.layer.name === chosen}
          isClosed={closed.has(row.layer.name)}
          health={health.value.get(row.layer.name)}
          open={() => open(store, row.layer.name)}
          toggle={() => toggle(row.layer.name)}
        />
      ))}
      <div
        role="none"
        style={{ height: `${Math.max(0, rows.length - from.value - drawn.length) * ROW_PX}px` }}
      />
    </div>
  );
}

/** A click on a layer: the unit page goes on to its first unit, else it is the layer view. */
function open(store: Store, layer: string): void {
  const hasUnits = store.leaves.value.some((leaf) => leaf.name === layer);
  if (store.view.value === "unit" && hasUnits) openUnit(store, layer, 0);
  else openLayer(store, layer);
}

/** The layer chosen, or the one that a view shows while none is. */
function layerInSight(store: Store): string | null {
  const index = store.a.index.value;
  const isShown = store.view.value === "layer" || store.view.value === "compare";
  return store.layer.value ?? (index && isShown ? firstLayer(index) : null);
}

function scrollTo(element: HTMLElement | null, row: number): void {
  if (!element || element.clientHeight === 0) return;
  const top = row * ROW_PX;
  if (top < element.scrollTop) element.scrollTop = top;
  else if (top + ROW_PX > element.scrollTop + element.clientHeight)
    element.scrollTop = top + ROW_PX - element.clientHeight;
}

/** The keys of a tree: up and down move the selection, left and right close and open. */
function onTreeKey(event: KeyboardEvent, { store, rows, closed, toggle }: RowsProps, selected: number): void {
  const go = (to: number): void => {
    const row = rows[Math.min(Math.max(to, 0), rows.length - 1)];
    if (row) {
      store.layer.value = row.layer.name;
      store.channel.value = null;
    }
  };
  const row = rows[selected];
  const name = row?.layer.name ?? "";
  const acts: Record<string, () => void> = {
    ArrowDown: () => go(selected + 1),
    ArrowUp: () => go(selected - 1),
    Home: () => go(0),
    End: () => go(rows.length - 1),
    ArrowLeft: () => {
      if (row?.isParent && !closed.has(name)) toggle(name);
      else go(rows.findLastIndex((other, i) => i < selected && other.depth < (row?.depth ?? 0)));
    },
    ArrowRight: () => {
      if (row?.isParent && closed.has(name)) toggle(name);
      else go(selected + 1);
    },
    Enter: () => {
      if (row) open(store, name);
    },
  };
  const act = acts[event.key];
  if (!act) return;
  event.preventDefault();
  event.stopPropagation();
  act();
}

interface RowProps {
  row: TreeRow;
  position: number;
  isSelected: boolean;
  isClosed: boolean;
  health: LayerHealth | undefined;
  open: () => void;
  toggle: () => void;
}

function Row({ row, position, isSelected, isClosed, health, open, toggle }: RowProps) {
  const { layer } = row;
  const kind = row.isParent ? "lay mod" : "lay";
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree has the keys, with aria-activedescendant
    // biome-ignore lint/a11y/useFocusableInteractive: as above
    <div
      id={`layer-${position}`}
      class={isSelected ? `${kind} on` : kind}
      role="treeitem"
      aria-level={row.depth + 1}
      aria-selected={isSelected}
      aria-posinset={position + 1}
      {...(row.isParent ? { "aria-expanded": !isClosed } : {})}
      title={`${layer.name} · ${layer.kind}${layer.shape.length ? ` · ${layer.shape.join("×")}` : ""}`}
      onClick={open}
    >
      <span class="name" style={{ paddingLeft: `${row.depth * 12}px` }}>
        {row.isParent && (
          // biome-ignore lint/a11y/noStaticElementInteractions: left and right arrow do the same
          // biome-ignore lint/a11y/useKeyWithClickEvents: as above
          <span
            class="twist"
            onClick={(event) => {
              event.stopPropagation();
              toggle();
            }}
          />
        )}
        {row.label} {!row.isParent && isNumber(row.label) && <span class="kind">{layer.kind}</span>}
      </span>
      <span class="shape">{row.isParent ? "" : layer.shape.join("×")}</span>
      <HealthMark health={row.isParent ? undefined : health} isRectifier={layer.rectifier} />
    </div>
  );
}
