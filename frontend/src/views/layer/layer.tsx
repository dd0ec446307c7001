/** One layer: its filters or its activations, all on one canvas. */

import { Nothing } from "../../ui/panel_state";
import { kernelsBefore, type LayerTab } from "../records/series";
import { resultStyles } from "../results/styles";
import type { ViewProps } from "../view";
import { Activations } from "./activations";
import { Filters } from "./filters";
import { Head, whyNot } from "./head";
import layerStyles from "./layer.css?inline";
import { PatchSheet } from "./patch_sheet";
import { type LayerLook, useLayer } from "./use_layer";

export { Inspector } from "./inspector";
export { keys } from "./keys";
export const styles = layerStyles + resultStyles;

export default function LayerView({ store, client }: ViewProps) {
  const look = useLayer({ store, client });
  if (!look) return <Nothing heading title="No layer is recorded in this run" code={EXAMPLE} />;
  return (
    <div class="layer-view">
      <Tab store={store} client={client} look={look} />
    </div>
  );
}

function Tab({ store, client, look }: ViewProps & { look: LayerLook }) {
  const { tab } = look;
  const props = { store, client, look };
  if (tab?.series && tab.kind === "kernels") return <Filters {...props} />;
  if (tab?.series && tab.kind === "patches") return <PatchSheet {...props} series={tab.series} />;
  if (tab?.series) return <Activations {...props} />;
  return (
    <>
      <Head store={store} look={look} />
      <Missing store={store} look={look} tab={tab} />
    </>
  );
}

const EXAMPLE = 'cnnviz.Recorder(model, writer, examples=images, methods="default")';

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
  if (!layer)
    return (
      <Nothing title={`Run ${index.name} has no layer ${name}`}>It is a layer of another model.</Nothing>
    );
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
