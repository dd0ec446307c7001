/** What a picked value names that the network at hand does not have; said at the field, decided by the server. */

import type { Schema } from "./schema";
import type { Sources } from "./sources";

/** A sentence's end ("is no layer of this network"); null where nothing is known to be wrong. */
export function misfitOf(
  schema: Schema,
  value: unknown,
  sources: Sources,
  siblings: Record<string, unknown>,
): string | null {
  const layer = sources.layers.find((one) => one.name === siblings.layer);
  const hasLayer = typeof siblings.layer === "string";
  switch (schema["x-widget"]) {
    case "layer":
    case "layers":
      return layersMisfit(asList(value), sources);
    case "class":
      return numbersMisfit(asList(value), sources.classes.length, "classes");
    case "channel":
    case "channels":
      return numbersMisfit(asList(value), layer?.channels ?? 0, "channels");
    case "unit":
    case "units":
      return hasLayer
        ? numbersMisfit(asList(value), layer?.channels ?? 0, "channels")
        : numbersMisfit(asList(value), sources.classes.length, "classes");
    case "network":
      return networkMisfit(value, schema["x-kind"], sources);
    case "blend":
      return blendMisfit(value, siblings, sources);
    default:
      return null;
  }
}

/** The parameters that need a network where there is none of their kind to choose. */
export function withoutNetwork(schema: Schema, { networks }: Sources): string[] {
  const fields = Object.entries(schema.properties ?? {});
  const needs = ([, field]: [string, Schema]) =>
    field["x-widget"] === "network" && (field["x-empty"] === "newest" || !("default" in field));
  return fields
    .filter(needs)
    .filter(([, field]) => !networks.some((one) => one.kind === field["x-kind"]))
    .map(([name]) => name);
}

function networkMisfit(value: unknown, kind: string | undefined, { networks }: Sources): string | null {
  if (typeof value !== "string" || value === "") return null;
  const found = networks.find((one) => one.name === value);
  if (!found) return "is no network of this run: its job was deleted, or kept none";
  return found.kind === kind ? null : `is a network of the kind ${found.kind}, not ${kind}`;
}

function blendMisfit(
  value: unknown,
  siblings: Record<string, unknown>,
  { networks, styles }: Sources,
): string | null {
  const count = networks.find((one) => one.name === siblings.network)?.styles.length ?? styles.length;
  if (!Array.isArray(value) || value.length === 0 || count < 2 || value.length === count) return null;
  return `has ${value.length} shares for ${count} styles: move the point to set them again`;
}

function asList(value: unknown): unknown[] {
  return Array.isArray(value) ? value : [value];
}

function layersMisfit(names: readonly unknown[], { layers }: Sources): string | null {
  if (layers.length === 0) return null;
  const known = new Set<unknown>(layers.map((layer) => layer.name));
  const strange = names.find((name) => typeof name === "string" && !known.has(name));
  return strange === undefined ? null : `${strange} is no layer of this network`;
}

/** `count` 0: how many there are is not known. */
function numbersMisfit(numbers: readonly unknown[], count: number, what: string): string | null {
  const strange = numbers.find((one) => typeof one === "number" && one >= count);
  return count === 0 || strange === undefined ? null : `${strange} is beyond the ${count} ${what} there are`;
}
