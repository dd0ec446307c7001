/** Which recorded series a view can show; chosen by kind, never by the method's name. */

import type { Kind, Layer, RunIndex, Series } from "../../api/types";

/** Series of a kind on a layer, in recorded order. */
export function seriesOf(index: RunIndex, kind: Kind, layer: string | null): Series[] {
  return index.series.filter((series) => series.kind === kind && series.layer === layer);
}

/** All maps over the examples. */
export function heatmaps(index: RunIndex): Series[] {
  return index.series.filter((series) => series.kind === "heatmap");
}

/** Name of a series' main array: the first. */
export function mainArray(series: Series): string {
  return Object.keys(series.arrays)[0] ?? "";
}

/** Shape of the main array, [] when nothing is said. */
export function mainShape(series: Series): number[] {
  return series.arrays[mainArray(series)]?.shape ?? [];
}

/** "layer_statistics" as "Layer statistics". */
export function methodTitle(method: string): string {
  const words = method.replaceAll("_", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}

/** A series' name in the page; the second and later sets of params are told apart by what they set. */
export function seriesTitle(series: Series): string {
  const given = series.facts.title;
  const title = typeof given === "string" ? given : methodTitle(series.method);
  const variant = /@(\d+)/.exec(series.key)?.[1];
  const said = paramsText(series.params);
  if (series.kind === "heatmap" && series.layer) return `${title} of ${series.layer}${said}`;
  return variant ? `${title}${said || ` ${Number(variant) + 1}`}` : title;
}

/** " · target 3, views 10": what parameters set. */
export function paramsText(params: Record<string, unknown>): string {
  const said = Object.entries(params)
    .filter(([name, value]) => value !== null && name !== "layer" && typeof value !== "object")
    .map(([name, value]) => `${name} ${String(value)}`);
  return said.length ? ` · ${said.join(", ")}` : "";
}

/** A number among a series' facts, or null. */
export function numberFact(series: Series, name: string): number | null {
  const value = series.facts[name];
  return typeof value === "number" ? value : null;
}

/** A method of a layer that could be shown: a tab. */
export interface LayerTab {
  method: string;
  kind: "kernels" | "feature_maps" | "patches";
  title: string;
  /** null: not recorded for this layer. */
  series: Series | null;
}

/** Tabs of a layer: filters and activations always, recorded or not, then every other recorded one of their kinds; top patches where recorded. */
export function layerTabs(index: RunIndex, layer: string): LayerTab[] {
  const recorded = [...seriesOf(index, "kernels", layer), ...seriesOf(index, "feature_maps", layer)];
  const tabs: LayerTab[] = [];
  for (const [kind, method] of [
    ["kernels", "filters"],
    ["feature_maps", "activations"],
  ] as const) {
    const series = recorded.filter((one) => one.kind === kind);
    if (series.length === 0) tabs.push({ method, kind, title: methodTitle(method), series: null });
    for (const one of series) tabs.push({ method: one.method, kind, title: seriesTitle(one), series: one });
  }
  for (const one of seriesOf(index, "patches", layer).slice(0, 1))
    tabs.push({ method: one.method, kind: "patches", title: seriesTitle(one), series: one });
  return tabs;
}

/** The tab to show: the one asked for, else recorded activations, else whatever is recorded. */
export function chosenTab(tabs: readonly LayerTab[], method: string | null): LayerTab | undefined {
  const asked = tabs.find((tab) => tab.method === method);
  const recorded = tabs.filter((tab) => tab.series);
  return asked ?? recorded.find((tab) => tab.kind === "feature_maps") ?? recorded[0] ?? tabs.at(-1);
}

/** The layer to show when none is chosen: the first with activations, else the first with filters. */
export function firstLayer(index: RunIndex): string | null {
  const named = (kind: Kind) => index.series.find((one) => one.kind === kind && one.layer)?.layer;
  return (
    named("feature_maps") ?? named("kernels") ?? index.layers.find((one) => !one.container)?.name ?? null
  );
}

/** The layer whose kernels produce what `layer` shows: itself, or the nearest before it that has some recorded. */
export function kernelsBefore(index: RunIndex, layers: readonly Layer[], layer: string): string | null {
  const at = layers.findIndex((one) => one.name === layer);
  for (let place = at; place >= 0; place--) {
    const name = layers[place]?.name;
    if (name && seriesOf(index, "kernels", name).length > 0) return name;
  }
  return null;
}
