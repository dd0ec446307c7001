/** Which channels are dead at the step looked at, and since when: fetched layer by layer, the worst first. */

import { useEffect, useState } from "preact/hooks";
import type { Client } from "../../api/client";
import type { Channels } from "../../api/types";
import { type DeadChannel, deadChannels } from "../../state/health";

/** Layers whose channels are told one by one; beyond that the table's counts must do. */
export const LAYER_LIMIT = 40;

/** Channels of a layer that died at the same capture. */
export interface Deaths {
  /** First capture at which they were silent. */
  since: number;
  /** Last capture at which they fired; null when they never did. */
  alive: number | null;
  channels: number[];
}

/** The dead of one layer. */
export interface LayerDeaths {
  layer: string;
  dead: number;
  channels: number;
  /** Deaths in training first, the latest on top; then what never lived. */
  groups: Deaths[];
}

/** Group a layer's dead by the step of their death. */
export function groupDeaths(dead: readonly DeadChannel[]): Deaths[] {
  const groups = new Map<string, Deaths>();
  for (const { channel, since, alive } of dead) {
    const key = `${since} ${alive === null}`;
    const group = groups.get(key) ?? { since, alive, channels: [] };
    group.channels.push(channel);
    groups.set(key, group);
  }
  return [...groups.values()].sort(
    (a, b) => Number(a.alive === null) - Number(b.alive === null) || b.since - a.since,
  );
}

export interface DeathsState {
  layers: LayerDeaths[];
  /** Layers not yet asked. */
  waiting: number;
  error: Error | null;
}

/** `layers` are those with dead channels at `step`, the worst first. */
export function useDeaths(
  client: Client,
  run: string,
  rev: string,
  layers: readonly string[],
  step: number | null,
): DeathsState {
  const [tables, setTables] = useState<ReadonlyMap<string, Channels>>(new Map());
  const [error, setError] = useState<Error | null>(null);
  const names = layers.slice(0, LAYER_LIMIT);
  const wanted = names.join("\n");
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    setError(null);
    const fetchAll = async (): Promise<void> => {
      for (const name of names) {
        const table = await client.channels(run, name, rev).load({ signal, ahead: true });
        setTables((old) => new Map(old).set(name, table));
      }
    };
    fetchAll().catch((reason: unknown) => {
      if (!signal.aborted) setError(reason instanceof Error ? reason : new Error(String(reason)));
    });
    return () => controller.abort();
  }, [client, run, rev, wanted]);
  useEffect(() => setTables(new Map()), [run]);
  const here = names.map((name) => tables.get(name));
  const found = here.filter((table) => table !== undefined);
  const told = step === null ? [] : found.map((table) => deathsOf(table, step));
  return {
    layers: told.filter((layer) => layer.dead > 0),
    waiting: names.length - found.length,
    error,
  };
}

function deathsOf(table: Channels, step: number): LayerDeaths {
  const dead = deadChannels(table, step);
  const { layer, channels } = table;
  return { layer, dead: dead.length, channels, groups: groupDeaths(dead) };
}
