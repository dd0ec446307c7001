/** The overview's right column: what is wrong and since when, and where the weights move most. */

import { useComputed } from "@preact/signals";
import { useState } from "preact/hooks";
import type { Statistics } from "../../api/types";
import { countText, valueText } from "../../draw/number_text";
import { cell, countBroken, type HealthSum, type LayerHealth, sumHealth } from "../../state/health";
import { latestAtOrBefore } from "../../state/steps";
import { openLayer, type Store } from "../../state/store";
import type { ViewProps } from "../view";
import { type Deaths, LAYER_LIMIT, type LayerDeaths, useDeaths } from "./deaths";

const CHIPS = 24;
const CHANGES = 6;
const BROKEN = 8;

export function Inspector({ store, client }: ViewProps) {
  const { statistics, shown, index } = store.a;
  const sum = useComputed(() =>
    statistics.value && index.value && shown.value !== null
      ? sumHealth(statistics.value, shown.value, index.value.layers)
      : null,
  ).value;
  if (!sum || !statistics.value) return <p class="cap">Health is told once layer statistics are recorded.</p>;
  return (
    <>
      <DeadList store={store} client={client} sum={sum} />
      <BrokenList store={store} table={statistics.value} sum={sum} />
      <LargestChanges store={store} table={statistics.value} step={sum.step} />
    </>
  );
}

function DeadList({ store, client, sum }: ViewProps & { sum: HealthSum }) {
  const index = store.a.index.value;
  const layers = sum.worst.map((health) => health.layer);
  const state = useDeaths(client, index?.name ?? "", index?.rev ?? "", layers, sum.step);
  const count = index?.examples?.count;
  return (
    <section>
      <div class="row">
        <h1 class="grow">Dead channels</h1>
        <span class="cap">step {sum.step}</span>
      </div>
      <p class="cap">
        {countText(sum.dead)} of {countText(sum.channels)}: zero everywhere on
        {count === 1 ? " the one example" : count ? ` all ${count} examples` : " all examples"}
      </p>
      {sum.dead === 0 && sum.nonfinite === 0 && (
        <p class="ok" style={{ marginTop: "6px" }}>
          <span class="dot" /> every channel fires
        </p>
      )}
      <ul class="deaths">
        {state.layers.map((layer) => (
          <LayerRow key={layer.layer} store={store} deaths={layer} />
        ))}
      </ul>
      {state.error && <p class="bad">▲ {state.error.message}</p>}
      {state.waiting > 0 && !state.error && <p class="cap">{state.waiting} more layers …</p>}
      {layers.length > LAYER_LIMIT && (
        <p class="cap">{layers.length - LAYER_LIMIT} further layers: see the table's last column</p>
      )}
    </section>
  );
}

function LayerRow({ store, deaths }: { store: Store; deaths: LayerDeaths }) {
  return (
    <li>
      <div class="row">
        <b class="clip grow" title={deaths.layer}>
          {deaths.layer}
        </b>
        <span class="cap nowrap">
          {countText(deaths.dead)} of {countText(deaths.channels)}
        </span>
      </div>
      {deaths.groups.map((group) => (
        <DeathRow key={`${group.since} ${group.alive}`} store={store} layer={deaths.layer} deaths={group} />
      ))}
    </li>
  );
}

function DeathRow({ store, layer, deaths }: { store: Store; layer: string; deaths: Deaths }) {
  const [all, setAll] = useState(false);
  const { since, alive, channels } = deaths;
  const shown = all ? channels : channels.slice(0, CHIPS);
  return (
    <div class="death">
      <span class={alive === null ? "cap" : "stale"}>
        {alive === null ? "never fired" : `▲ died at step ${since}`}
      </span>
      <div class="chips">
        {shown.map((channel) => (
          <button
            key={channel}
            type="button"
            class="chip"
            aria-label={`channel ${channel} of ${layer} at step ${since}`}
            title={
              alive === null
                ? "zero at every capture"
                : `fired last at step ${alive}, silent since step ${since}`
            }
            onClick={() => openLayer(store, layer, { channel, step: since })}
          >
            {channel}
          </button>
        ))}
        {channels.length > shown.length && (
          <button type="button" class="chip more" onClick={() => setAll(true)}>
            {channels.length - shown.length} more
          </button>
        )}
      </div>
    </div>
  );
}

/** Layers with NaN or Inf by the capture at which it was first seen, the first one on top: there it began. */
function BrokenList({ store, table, sum }: { store: Store; table: Statistics; sum: HealthSum }) {
  if (sum.broken.length === 0) return null;
  const bySince = Map.groupBy(sum.broken, (health) => firstBroken(table, health.layer) ?? sum.step);
  return (
    <section class="sec">
      <h2>NaN and Inf</h2>
      {[...bySince]
        .sort(([a], [b]) => a - b)
        .map(([since, broken]) => (
          <BrokenSince key={since} store={store} since={since} broken={broken} />
        ))}
    </section>
  );
}

function BrokenSince({ store, since, broken }: { store: Store; since: number; broken: LayerHealth[] }) {
  const [all, setAll] = useState(false);
  const shown = all ? broken : broken.slice(0, BROKEN);
  return (
    <>
      <div class="row">
        <span class="bad grow">▲ since step {since}</span>
        <span class="cap">values</span>
      </div>
      <ul>
        {shown.map(({ layer, nonfinite }) => (
          <li key={layer} class="row">
            <button
              type="button"
              class="plain clip grow"
              title={layer}
              onClick={() => openLayer(store, layer, { step: since })}
            >
              {layer}
            </button>
            <span class="s">{countText(nonfinite)}</span>
          </li>
        ))}
      </ul>
      {broken.length > shown.length && (
        <button type="button" class="link" onClick={() => setAll(true)}>
          {broken.length - shown.length} more layers
        </button>
      )}
    </>
  );
}

function firstBroken(table: Statistics, layer: string): number | null {
  const row = table.layers.indexOf(layer);
  const at = table.steps.findIndex((_, step) => countBroken(table, step, row) > 0);
  return table.steps[at] ?? null;
}

/** The layers whose weights moved most since the capture before. */
function LargestChanges({ store, table, step }: { store: Store; table: Statistics; step: number }) {
  const at = latestAtOrBefore(table.steps, step);
  const changes = table.layers
    .map((layer, row) => ({ layer, change: cell(table, "weight_change", at, row) ?? Number.NaN }))
    .filter(({ change }) => Number.isFinite(change))
    .sort((a, b) => b.change - a.change)
    .slice(0, CHANGES);
  const most = changes[0]?.change;
  if (!most) return null;
  return (
    <section class="sec">
      <div class="row">
        <h2 class="grow">Largest change of weights</h2>
        <span class="cap">
          step {table.steps[at - 1]} → {step}
        </span>
      </div>
      <ul class="changes">
        {changes.map(({ layer, change }) => (
          <li key={layer}>
            <button type="button" class="plain clip" title={layer} onClick={() => openLayer(store, layer)}>
              {layer}
            </button>
            <span class="change-bar">
              <i style={{ width: `${(change / most) * 100}%` }} />
            </span>
            <span class="r">{valueText(change)}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
