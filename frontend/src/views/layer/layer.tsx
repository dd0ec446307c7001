/** One layer: its filters or its activations, all on one canvas. */

import type { Layer, RunIndex } from "../../api/types";
import { shapeText } from "../../draw/number_text";
import { Nothing } from "../../ui/panel_state";
import { Segmented } from "../../ui/segmented";
import { kernelsBefore, type LayerTab } from "../records/series";
import type { KeyBinding, ViewProps } from "../view";
import { Activations } from "./activations";
import { Filters } from "./filters";
import layerStyles from "./layer.css?inline";
import { type LayerLook, useLayer } from "./use_layer";

export { Inspector } from "./inspector";
export { keys } from "./keys";
export const styles = layerStyles;

export default function LayerView({ store, client }: ViewProps) {
  const look = useLayer({ store, client });
  if (!look) return <Nothing title="No layer is recorded in this run" code={EXAMPLE} />;
  const { index, name, layer, tabs, tab } = look;
  return (
    <div class="layer-view">
      <div class="head">
        <h1 class="clip" title={name}>
          {name}
        </h1>
        <span class="t clip">{layer ? about(layer) : ""}</span>
        <span class="grow" />
        {tab && (
          <Segmented
            label="What of the layer"
            value={tab.method}
            choices={tabs.map((one) => ({
              value: one.method,
              text: one.title,
              missing: one.series === null,
              title: one.series ? undefined : whyNot(index, one, layer),
            }))}
            onChoose={(method) => {
              store.method.value = method;
              store.channel.value = null;
            }}
          />
        )}
      </div>
      <Tab store={store} client={client} look={look} />
    </div>
  );
}

function Tab({ store, client, look }: ViewProps & { look: LayerLook }) {
  const { index, name, layer, tab } = look;
  if (!layer && !tab?.series)
    return (
      <Nothing title={`Run ${index.name} has no layer ${name}`}>
        It is another model, or a layer of run B.
      </Nothing>
    );
  if (!tab?.series) return <Missing store={store} look={look} tab={tab} />;
  const props = { store, client, look };
  return tab.kind === "kernels" ? <Filters {...props} /> : <Activations {...props} />;
}

/** "relu · 32 × 28 × 28". */
function about(layer: Layer): string {
  const parts = [layer.kind];
  if (layer.shape.length > 0) parts.push(shapeText(layer.shape));
  if (layer.groups > 1) parts.push(`${layer.groups} groups`);
  return parts.join(" · ");
}

const EXAMPLE = 'cnnviz.Recorder(model, writer, examples=images, methods="default")';

function whyNot(index: RunIndex, tab: LayerTab, layer: Layer | null): string {
  const skipped = index.skipped.findLast((one) => one.method === tab.method);
  if (skipped) return `${tab.method} was skipped at step ${skipped.step}: ${skipped.reason}`;
  if (tab.kind === "feature_maps") return "not among the layers whose activations are recorded";
  const isConvolution = layer?.kind.includes("conv") ?? false;
  return isConvolution ? "its filters are not recorded" : `a ${layer?.kind ?? "layer"} has no filters`;
}

function Missing({
  store,
  look,
  tab,
}: {
  store: ViewProps["store"];
  look: LayerLook;
  tab: LayerTab | undefined;
}) {
  const { index, name, layer } = look;
  if (!tab) return <Nothing title={`Nothing is recorded of ${name}`} code={EXAMPLE} />;
  const isConvolution = layer?.kind.includes("conv") ?? false;
  const before = tab.kind === "kernels" ? kernelsBefore(index, index.layers, name) : null;
  const code =
    tab.kind === "kernels" && !isConvolution
      ? undefined
      : `cnnviz.method("${tab.method}", layers=["${name}"])`;
  return (
    <Nothing title={`${tab.title} of ${name}: ${whyNot(index, tab, layer)}`} code={code}>
      {code && <p>Add this to the recorder's methods:</p>}
      {before && before !== name && (
        <button
          type="button"
          class="btn"
          onClick={() => {
            store.layer.value = before;
          }}
        >
          Filters of {before}, the convolution before it
        </button>
      )}
    </Nothing>
  );
}

export type { KeyBinding };
