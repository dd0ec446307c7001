/** Named sets of parameters: the method's own, with their source, and those that a person has saved here. */

import type { MethodCard, Preset } from "../../api/types";
import { withoutDefaults } from "../../state/draft";
import type { Schema } from "../../ui/form/schema";

const KEY = "cnnviz.presets";
const MOST = 30;
const LONGEST_NAME = 60;

type Params = Record<string, unknown>;

/** Saved sets by method; whatever else lies in the storage is passed over. */
export function savedPresets(method: string): Preset[] {
  const found = readAll()[method];
  return Array.isArray(found) ? found.filter(isPreset).slice(0, MOST) : [];
}

/** Keep a set under a name, in the place of one of the same name. False when the browser keeps nothing. */
export function savePreset(method: string, name: string, params: Params): boolean {
  const title = name.trim().slice(0, LONGEST_NAME);
  const others = savedPresets(method).filter((one) => one.title !== title);
  const preset: Preset = { name: `saved ${title}`, title, params, source: "" };
  return writeAll({ ...readAll(), [method]: [preset, ...others].slice(0, MOST) });
}

export function forgetPreset(method: string, name: string): void {
  const left = savedPresets(method).filter((one) => one.name !== name);
  writeAll({ ...readAll(), [method]: left });
}

/** Parameters that say how, not what is looked at: those a saved set holds. */
export function howOf(card: MethodCard, params: Params): Params {
  const fields = (card.schema.properties ?? {}) as Record<string, Schema>;
  return Object.fromEntries(Object.entries(params).filter(([name]) => !fields[name]?.["x-widget"]));
}

/** Parameters with a set applied: those that any set speaks of take its value or their default, others stay. */
export function withPreset(card: MethodCard, params: Params, preset: Preset | null): Params {
  const spoken = spokenOf(card, preset);
  const kept = Object.entries(params).filter(([name]) => !spoken.has(name));
  return withoutDefaults(card, { ...Object.fromEntries(kept), ...preset?.params });
}

/** The set that the parameters are at; null for the defaults; undefined for none of them. */
export function presetOf(card: MethodCard, params: Params): Preset | null | undefined {
  const isAt = (preset: Preset | null) => sameParams(withPreset(card, params, preset), params);
  if (isAt(null)) return null;
  return [...card.presets, ...savedPresets(card.name)].find(isAt);
}

function spokenOf(card: MethodCard, preset: Preset | null): Set<string> {
  const sets = [...card.presets, ...savedPresets(card.name), ...(preset ? [preset] : [])];
  return new Set(sets.flatMap((one) => Object.keys(one.params)));
}

function sameParams(one: Params, other: Params): boolean {
  const text = (params: Params) =>
    JSON.stringify(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)));
  return text(one) === text(other);
}

function isPreset(value: unknown): value is Preset {
  const preset = value as Preset | null;
  return (
    typeof preset?.name === "string" &&
    typeof preset.title === "string" &&
    typeof preset.params === "object" &&
    preset.params !== null
  );
}

function readAll(): Record<string, unknown> {
  try {
    const all: unknown = JSON.parse(localStorage.getItem(KEY) ?? "{}");
    return typeof all === "object" && all !== null && !Array.isArray(all) ? { ...all } : {};
  } catch {
    return {};
  }
}

function writeAll(all: Record<string, unknown>): boolean {
  try {
    localStorage.setItem(KEY, JSON.stringify(all));
    return true;
  } catch {
    return false;
  }
}
