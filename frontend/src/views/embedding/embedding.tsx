/** The map of a whole data set as the network sees it: every image a point, neighbours together. */

import { useEffect } from "preact/hooks";
import { fetchAhead } from "../../api/prefetch";
import { weightsFor } from "../../state/checkpoints";
import { neighbours } from "../../state/steps";
import type { Store } from "../../state/store";
import { Select } from "../../ui/select";
import type { ViewProps } from "../view";
import { choose, chosenOf, imagesName, isolated } from "./choice";
import { Controls, PlotButtons } from "./controls";
import styles from "./embedding.css?inline";
import { Head, Notes } from "./head";
import { Maps } from "./maps";
import { SelectionBar } from "./selection_bar";
import { Making, TsneButton } from "./tsne_action";
import { type Scene, type SceneAnswer, useScene } from "./use_scene";
import { sceneThumbs } from "./use_thumbs";

export { Inspector } from "./inspector";
export { keys } from "./keys";
export { Side } from "./legend";
export { styles };

export default function EmbeddingView({ store, client }: ViewProps) {
  const answer = useScene(store, client);
  useFreshChoice(store, answer?.scene ?? null);
  useAhead({ store, client }, answer?.scene ?? null);
  if (!answer) return null;
  const { scene, source, index } = answer;
  const layer = scene?.layout.facts.layer ?? (source?.kind === "series" ? source.series.layer : null);
  return (
    <div class="embedding-view">
      <Head store={store} client={client} answer={answer} />
      <div class="bar">
        {answer.sources.length > 1 && source && (
          <Select
            label="Features"
            value={source.key}
            options={answer.sources.map(({ key, title }) => ({ value: key, text: title }))}
            onChoose={(key) => {
              store.embedding.value = key;
            }}
          />
        )}
        {scene && <Controls store={store} scene={scene} />}
        <span class="grow" />
        {source && !hasMapOf(store, answer) && (
          <TsneButton store={store} client={client} index={index} layer={layer} />
        )}
      </div>
      {scene && <Notes scene={scene} trouble={sceneThumbs(client, scene).problem.value} />}
      <div class="plot-box">
        <Maps store={store} client={client} answer={answer} />
        {scene && <PlotButtons />}
        <Making store={store} client={client} index={index} />
      </div>
      {scene && <SelectionBar store={store} scene={scene} />}
    </div>
  );
}

/** Whether what is shown is a t-SNE map of the very weights that a job would take. */
function hasMapOf(store: Store, { scene, index }: SceneAnswer): boolean {
  const { step } = weightsFor(index, store.a.shown.value);
  return scene !== null && scene.layout.map !== null && scene.layout.facts.step === step;
}

/** The maps of the captures beside this one: what the hand will reach next. */
function useAhead({ client }: ViewProps, scene: Scene | null): void {
  const position = scene?.capture?.position;
  const name = scene && position !== undefined ? `${scene.source.key}|${position}|${scene.index.rev}` : "";
  useEffect(() => {
    if (!scene || position === undefined || scene.source.kind !== "series") return;
    const { index, source } = scene;
    const { key } = source.series;
    const around = neighbours(index, source.series, position, 1);
    return fetchAhead(
      around.map(({ step, digest }) => client.layouts.layout({ run: index.name, step, key, digest })),
    );
  }, [name]);
}

/** What is chosen holds for the same images only. */
function useFreshChoice(store: Store, scene: Scene | null): void {
  const images = scene && imagesName(scene.index.name, scene.subjects.dataset, scene.layout.count);
  useEffect(() => {
    if (images === null || chosenOf.value === images) return;
    if (chosenOf.value !== "") {
      choose(null);
      isolated.value = new Set();
      store.point.value = null;
    }
    chosenOf.value = images;
  }, [images]);
}
