/** Title of the layer view: which layer, what of it, and the buttons that give the picture away. */

import type { ComponentChildren } from "preact";
import type { Layer, ReceptiveField, RunIndex } from "../../api/types";
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

/** "relu · 32 × 28 × 28 · receptive field 7 × 7, stride 1". */
export function about(layer: Layer): string {
  const parts = [layer.kind];
  if (layer.shape.length > 0) parts.push(shapeText(layer.shape));
  if (layer.groups > 1) parts.push(`${layer.groups} groups`);
  const field = layer.receptive_field;
  if (field && layer.shape.length === 3) parts.push(fieldText(field));
  return parts.join(" · ");
}

/** The reach of the convolutions, and that something on the way saw the whole image too. */
export function fieldText({ size, stride, is_global }: ReceptiveField): string {
  const [down, right] = stride;
  const step = down === right ? `${down}` : shapeText(stride);
  const reach = `receptive field ${shapeText(size)}, stride ${step}`;
  return is_global ? `${reach}, and the whole image by a global operation` : reach;
}

/** Why a tab has nothing. */
export function whyNot(index: RunIndex, tab: LayerTab, layer: Layer | null): string {
  const skipped = index.skipped.findLast((one) => one.method === tab.method);
  if (skipped) return `${tab.method} was skipped at step ${skipped.step}: ${skipped.reason}`;
  if (tab.kind === "feature_maps") return "not among the layers whose activations are recorded";
  const isConvolution = layer?.kind.includes("conv") ?? false;
  return isConvolution ? "its filters are not recorded" : `a ${layer?.kind ?? "layer"} has no filters`;
}
