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
    default:
      return null;
  }
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
