/** The activations tab: all channels of a layer for one example. */

import { useRef } from "preact/hooks";
import { Nothing } from "../../ui/panel_state";
import type { Drawn } from "../../ui/picture_grid";
import { ColourControl, GammaControl, RangeControl } from "../records/colouring";
import { ExamplePicker, exampleTitle, shownImage } from "../records/examples";
import { numberFact } from "../records/series";
import { Sharing } from "../records/sharing";
import { useMaps } from "../records/use_maps";
import type { ViewProps } from "../view";
import { ActivationBody } from "./activation_body";
import { Film } from "./film";
import { Head } from "./head";
import { SortControl } from "./sort_control";
import type { LayerLook } from "./use_layer";

export function Activations({ store, client, look }: ViewProps & { look: LayerLook }) {
  const { index, name, order, selected } = look;
  const series = look.tab?.series ?? null;
  const image = shownImage(store);
  const kept = series && numberFact(series, "examples");
  const isKept = kept === null || image < kept;
  const maps = useMaps(client, store.a, isKept ? series : null, { image, ahead: true });
  const drawn: Drawn = useRef<(() => HTMLCanvasElement | null) | null>(null);
  if (!series) return null;
  const signed = series.facts.signed === true;
  const title = exampleTitle(index, image);
  const step = maps.value?.facts.step ?? "";
  const caption = `${name} · ${order.length} channels · image ${title} · step ${step} · run ${index.name}`;
  return (
    <>
      <Head store={store} look={look}>
        <Sharing store={store} client={client} maps={maps.value} drawn={drawn} caption={caption} />
      </Head>
      <div class="bar">
        <ExamplePicker store={store} client={client} recorded={kept} />
        <SortControl store={store} look={look} />
        <RangeControl store={store} one="channel" />
        <GammaControl store={store} />
        <ColourControl store={store} signed={signed} />
      </div>
      {isKept ? (
        <ActivationBody store={store} client={client} look={look} maps={maps} image={image} drawn={drawn} />
      ) : (
        <Nothing
          title={`Activations of image ${image} were not kept: ${kept} examples fit`}
          code={'cnnviz.method("activations", max_bytes=128 * 2**20)'}
        />
      )}
      {isKept && selected !== null && (
        <Film
          store={store}
          client={client}
          index={index}
          series={series}
          channel={selected}
          image={image}
          title={`Channel ${selected}`}
          subtitle={` · image ${title}`}
          signed={signed}
          maps={maps.value}
        />
      )}
    </>
  );
}
