/** Title of the layer view: which layer, what of it, and the buttons that give the picture away. */

import type { ComponentChildren } from "preact";
import type { Layer, RunIndex } from "../../api/types";
import { shapeText } from "../../draw/number_text";
import type { Store } from "../../state/store";
import { Segmented } from "../../ui/segmented";
import type { LayerTab } from "../records/series";
import type { LayerLook } from "./use_layer";

interface Props {
  store: Store;
  look: LayerLook;
  /** Link, Python and picture of the tab. */
  children?: ComponentChildren;
}

export function Head({ store, look, children }: Props) {
  const { index, name, layer, tabs, tab } = look;
  const choices = tabs.map((one) => ({
    value: one.method,
    text: one.title,
    missing: one.series === null,
    title: one.series ? undefined : whyNot(index, one, layer),
  }));
  return (
    <div class="head">
      <h1 class="clip" title={name}>
        {name}
      </h1>
      <span class="t clip">{layer ? about(layer) : ""}</span>
      <span class="grow" />
      {children}
      {tab && (
        <Segmented
          label="What of the layer"
          value={tab.method}
          choices={choices}
          onChoose={(method) => {
            store.method.value = method;
            store.channel.value = null;
          }}
        />
      )}
    </div>
  );
}

/** "relu · 32 × 28 × 28". */
function about(layer: Layer): string {
  const parts = [layer.kind];
  if (layer.shape.length > 0) parts.push(shapeText(layer.shape));
  if (layer.groups > 1) parts.push(`${layer.groups} groups`);
  return parts.join(" · ");
}

/** Why a tab has nothing. */
export function whyNot(index: RunIndex, tab: LayerTab, layer: Layer | null): string {
  const skipped = index.skipped.findLast((one) => one.method === tab.method);
  if (skipped) return `${tab.method} was skipped at step ${skipped.step}: ${skipped.reason}`;
  if (tab.kind === "feature_maps") return "not among the layers whose activations are recorded";
  const isConvolution = layer?.kind.includes("conv") ?? false;
  return isConvolution ? "its filters are not recorded" : `a ${layer?.kind ?? "layer"} has no filters`;
}
