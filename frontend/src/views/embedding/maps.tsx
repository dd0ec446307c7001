/** The map of A, and beside it that of B where it lays out the same images; or what stands in their place. */

import type { Side } from "../../state/store";
import { Failed, Nothing, Waiting } from "../../ui/panel_state";
import { StepNote } from "../../ui/step_note";
import { Later } from "../records/later";
import type { ViewProps } from "../view";
import { beside } from "./choice";
import { accuracyText } from "./head";
import { Plot } from "./plot";
import { TsneButton } from "./tsne_action";
import { type Scene, type SceneAnswer, sameImages, useScene } from "./use_scene";
import { sceneThumbs } from "./use_thumbs";

export function Maps({ store, client, answer }: ViewProps & { answer: SceneAnswer }) {
  const { scene } = answer;
  const other = useScene(store, client, store.b);
  if (!scene) return <InItsPlace store={store} client={client} answer={answer} />;
  const thumbs = sceneThumbs(client, scene);
  const first = <Plot store={store} scene={scene} thumbs={thumbs} isFirst />;
  if (store.b.run.value === null || !beside.value)
    return <div class={scene.pending ? "plot-side pending" : "plot-side"}>{first}</div>;
  const isLinked = other?.scene && sameImages(scene, other.scene);
  return (
    <div class="plot-pair">
      <section class={scene.pending ? "plot-side pending" : "plot-side"} aria-label="map of A">
        {first}
        <SideName side={store.a} scene={scene} />
      </section>
      <section class={other?.scene?.pending ? "plot-side pending" : "plot-side"} aria-label="map of B">
        {other?.scene && isLinked ? (
          <Plot store={store} scene={other.scene} thumbs={thumbs} isFirst={false} />
        ) : (
          <NoOther side={store.b} answer={other} />
        )}
        <SideName side={store.b} scene={isLinked ? (other?.scene ?? null) : null} />
      </section>
    </div>
  );
}

function SideName({ side, scene }: { side: Side; scene: Scene | null }) {
  const said = scene && accuracyText(scene);
  return (
    <div class="row side-name">
      <span class={`key ${side.name.toLowerCase()}`}>{side.name}</span>
      <b class="clip">{side.run.value}</b>
      {scene && (
        <StepNote
          shown={scene.layout.facts.step}
          wanted={scene.capture ? side.shown.value : scene.layout.facts.step}
        />
      )}
      {said && <span class="cap">{said}</span>}
    </div>
  );
}

/** Why there is no map of B. */
function NoOther({ side, answer }: { side: Side; answer: SceneAnswer | null }) {
  const error = side.error.value ?? answer?.error;
  if (error) return <Failed error={error} retry={() => answer?.retry()} />;
  if (answer?.scene)
    return (
      <Nothing title="Another set of images">
        B lays out {answer.scene.subjects.reference || "other images"}: what is chosen in one map could not be
        found in the other.
      </Nothing>
    );
  if (!answer || (answer.source && !answer.isLater)) return <Waiting late what={`run ${side.run.value}`} />;
  return (
    <Nothing title={answer.isLater ? "Nothing at this step of B yet" : "No embedding is recorded in B"}>
      Choose another step or run B in the top row.
    </Nothing>
  );
}

const CODE = `cnnviz.Recorder(
    model, writer, examples=images, labels=labels,
    dataset=test_set,                       # a Dataset, a DataLoader, or a folder of images
    methods=["default", cnnviz.method("embedding", map="tsne"), "top_patches"],
)`;

function InItsPlace({ store, client, answer }: ViewProps & { answer: SceneAnswer }) {
  const { error, retry, source, index, isLater, late } = answer;
  if (error) return <Failed error={error} retry={retry} />;
  if (isLater && source?.kind === "series")
    return <Later store={store} index={index} series={source.series} />;
  if (source) return <Waiting late={late} what="the map" />;
  return (
    <Nothing heading title="No embedding is recorded in this run" code={CODE}>
      <p>
        Or without training: <code>cnnviz inspect MODEL --dataset FOLDER</code>. The features of a trained
        network's checkpoint can be laid out from here:
      </p>
      <p class="row">
        <TsneButton store={store} client={client} index={index} layer={null} primary />
      </p>
    </Nothing>
  );
}
