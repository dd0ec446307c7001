/** Named sets of parameters: the method's own, with their source, and those that a person has saved here. */

import type { MethodCard, Preset } from "../../api/types";
import { withoutDefaults } from "../../state/draft";
import { type Schema, shapeOf } from "../../ui/form/schema";

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

/** Parameters that say how, not what is looked at: those that a set holds. */
export function howOf(card: MethodCard, params: Params): Params {
  const names = howNames(card);
  return Object.fromEntries(Object.entries(params).filter(([name]) => names.has(name)));
}

/** Parameters with a set applied, or the defaults: what is looked at stays. */
export function withPreset(card: MethodCard, params: Params, preset: Preset | null): Params {
  const names = howNames(card);
  const kept = Object.entries(params).filter(([name]) => !names.has(name));
  return withoutDefaults(card, { ...Object.fromEntries(kept), ...preset?.params });
}

/** The set that the parameters are at; null for the defaults; undefined for none of them. */
export function presetOf(card: MethodCard, params: Params): Preset | null | undefined {
  const isAt = (preset: Preset | null) => sameParams(withPreset(card, params, preset), params);
  if (isAt(null)) return null;
  return [...card.presets, ...savedPresets(card.name)].find(isAt);
}

const PLAIN: readonly string[] = ["number", "boolean", "choice"];

/** Numbers, switches and choices without a picker, and whatever a set of the method's own speaks of. */
function howNames(card: MethodCard): Set<string> {
  const fields = Object.entries((card.schema.properties ?? {}) as Record<string, Schema>);
  const plain = fields.filter(([, field]) => !field["x-widget"] && PLAIN.includes(shapeOf(field).shape.kind));
  const spoken = card.presets.flatMap((one) => Object.keys(one.params));
  return new Set([...plain.map(([name]) => name), ...spoken]);
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
