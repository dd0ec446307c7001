/** The map of a whole data set as the network sees it: every image a point, neighbours together. */

import { useEffect } from "preact/hooks";
import { fetchAhead } from "../../api/prefetch";
import { countText, percentText } from "../../draw/number_text";
import { weightsFor } from "../../state/checkpoints";
import { linkOf } from "../../state/host";
import { neighbours } from "../../state/steps";
import type { ScatterColour, ScatterDraw, Store } from "../../state/store";
import { CopyLink, CopyPython } from "../../ui/copy_button";
import { Failed, Nothing, Waiting } from "../../ui/panel_state";
import { Segmented } from "../../ui/segmented";
import { Select } from "../../ui/select";
import { StepNote } from "../../ui/step_note";
import { Later } from "../records/later";
import type { KeyBinding, ViewProps } from "../view";
import { choose, chosen, chosenOf, isolated, lassoLine, tool, unitsWanted } from "./choice";
import styles from "./embedding.css?inline";
import { notesOf } from "./notes";
import { Plot } from "./plot";
import { handle } from "./plot_state";
import { SelectionBar } from "./selection_bar";
import { Making, TsneButton } from "./tsne_action";
import { reactingSeries, type Scene, type SceneAnswer, unitOf, useScene } from "./use_scene";
import { sceneThumbs } from "./use_thumbs";

export { Inspector } from "./inspector";
export { Side } from "./legend";
export { styles };

const PAN_PX = 80;
const ZOOM = 1.5;

export const keys: readonly KeyBinding[] = [
  { key: "ArrowRight", says: "image to the right on the map", run: () => handle.current?.step(1, 0) },
  { key: "ArrowLeft", says: "image to the left", run: () => handle.current?.step(-1, 0) },
  { key: "ArrowUp", says: "image above", run: () => handle.current?.step(0, 1) },
  { key: "ArrowDown", says: "image below", run: () => handle.current?.step(0, -1) },
  { key: "Shift+ArrowRight", says: "move the map", run: () => handle.current?.pan(-PAN_PX, 0) },
  { key: "Shift+ArrowLeft", says: "move the map", run: () => handle.current?.pan(PAN_PX, 0) },
  { key: "Shift+ArrowUp", says: "move the map", run: () => handle.current?.pan(0, PAN_PX) },
  { key: "Shift+ArrowDown", says: "move the map", run: () => handle.current?.pan(0, -PAN_PX) },
  { key: "+", says: "nearer", run: () => handle.current?.zoom(ZOOM) },
  { key: "-", says: "further away", run: () => handle.current?.zoom(1 / ZOOM) },
  { key: "0", says: "all points", run: () => handle.current?.fit() },
  { key: "q", says: "lasso, or move the map", run: toggleTool },
  { key: "Escape", says: "clear what is selected, then back", run: leave },
];

function toggleTool(): void {
  tool.value = tool.value === "lasso" ? "pan" : "lasso";
}

/** Units, lasso, isolated classes, image, view: each Escape leaves one. */
function leave({ store }: ViewProps): void {
  if (unitsWanted.value) unitsWanted.value = false;
  else if (chosen.value) choose(null);
  else if (isolated.value.size > 0) isolated.value = new Set();
  else if (store.point.value !== null) store.point.value = null;
  else store.view.value = "overview";
}

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
      <div class={scene?.pending ? "plot-box pending" : "plot-box"}>
        {scene ? (
          <Plot store={store} scene={scene} thumbs={sceneThumbs(client, scene)} />
        ) : (
          <InItsPlace store={store} client={client} answer={answer} />
        )}
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
  const images = scene && `${scene.index.name}|${scene.subjects.dataset}|${scene.layout.count}`;
  useEffect(() => {
    if (images === null || chosenOf.value === images) return;
    if (chosenOf.value !== "") {
      choose(null);
      isolated.value = new Set();
      store.point.value = null;
    }
    chosenOf.value = images;
  }, [images]);
  // The line was drawn around places that are no longer there.
  useEffect(() => {
    lassoLine.value = [];
  }, [scene?.layout, scene?.lay]);
}

function Head({ store, client, answer }: ViewProps & { answer: SceneAnswer }) {
  const { scene, source } = answer;
  const layout = scene?.layout;
  const width = source?.kind === "series" ? source.series.arrays.features?.shape[1] : undefined;
  const said = [layout && `${countText(layout.count)} images`, layout && accuracyText(scene)].filter(Boolean);
  return (
    <div class="head">
      <h1 class="clip">
        {layout?.facts.layer ?? source?.title ?? "Embedding"}
        {width !== undefined && `, ${width} dimensions`}
      </h1>
      <span class="t clip">{said.join(" · ")}</span>
      {layout && scene && (
        <StepNote
          shown={layout.facts.step}
          wanted={scene.capture ? store.a.shown.value : layout.facts.step}
        />
      )}
      <span class="grow" />
      {scene && (
        <>
          <CopyLink link={() => linkOf(store)} />
          <CopyPython python={() => pythonOf(client, scene)} />
        </>
      )}
    </div>
  );
}

async function pythonOf(client: ViewProps["client"], scene: Scene): Promise<string> {
  const { held, source } = scene;
  if ("run" in held) return (await client.record(held)).python;
  if (source.kind !== "job") throw new Error("nothing is shown yet");
  return (await client.jobs.result(source.job.request.id)).python;
}

/** "accuracy 86.8 %", where labels and predictions are known. */
function accuracyText({ subjects }: Scene): string {
  if (!subjects.predicted) return "";
  let [right, judged] = [0, 0];
  subjects.labels.forEach((label, row) => {
    const said = subjects.predicted?.[row] ?? -1;
    if (label < 0 || said < 0) return;
    judged++;
    if (label === said) right++;
  });
  return judged > 0 ? `accuracy ${percentText(right / judged)}` : "";
}

const DRAWS: readonly { value: ScatterDraw; text: string; title: string }[] = [
  { value: "images", text: "Images", title: "one for each place that holds several; points elsewhere" },
  { value: "points", text: "Points", title: "every image a point" },
  { value: "density", text: "Density", title: "how many lie where" },
];

function Controls({ store, scene }: { store: Store; scene: Scene }) {
  return (
    <>
      <Segmented
        label="Map"
        value={scene.lay}
        choices={scene.lays}
        onChoose={(lay) => {
          store.lay.value = lay;
        }}
      />
      <Segmented
        label="Drawn as"
        value={store.scatterDraw.value}
        choices={DRAWS}
        onChoose={(draw) => {
          store.scatterDraw.value = draw;
        }}
      />
      <ColourControl store={store} scene={scene} />
    </>
  );
}

function ColourControl({ store, scene }: { store: Store; scene: Scene }) {
  const { layout, index, subjects } = scene;
  const series = reactingSeries(index, subjects.dataset);
  const options: { value: ScatterColour; text: string }[] = [{ value: "label", text: "label" }];
  if (layout.predicted) options.push({ value: "prediction", text: "prediction" });
  if (subjects.isJudged) options.push({ value: "error", text: "right or wrong" });
  if (layout.loss?.some(Number.isFinite)) options.push({ value: "loss", text: "loss" });
  if (series.length > 0) options.push({ value: "unit", text: "a channel" });
  const unit = unitOf(store, index, subjects.dataset);
  return (
    <>
      <Select
        label="Colour"
        value={store.scatterColour.value}
        options={options}
        onChoose={(colour) => {
          isolated.value = new Set();
          store.scatterColour.value = colour;
        }}
      />
      {store.scatterColour.value === "unit" && unit && (
        <>
          <Select
            label="of"
            value={unit.series.key}
            options={series.map(({ key, layer }) => ({ value: key, text: layer ?? key }))}
            onChoose={(key) => {
              store.unitKey.value = key;
              store.unit.value = 0;
            }}
          />
          <label class="sel">
            <i>Channel</i>
            <input
              type="number"
              min={0}
              max={unit.channels - 1}
              value={unit.channel}
              onInput={(event) => {
                const channel = event.currentTarget.valueAsNumber;
                if (channel >= 0 && channel < unit.channels) store.unit.value = Math.floor(channel);
              }}
            />
            <span class="cap">of {unit.channels}</span>
          </label>
          <StepNote shown={unit.capture.step} wanted={store.a.shown.value} />
        </>
      )}
      {store.scatterColour.value === "unit" && !unit && (
        <span class="stale">no channel of these images was recorded at this step</span>
      )}
    </>
  );
}

/** What the record says that a reader should know. */
function Notes({ scene, trouble }: { scene: Scene; trouble: string }) {
  const said = notesOf(scene.facts, scene.subjects.problems);
  if (trouble) said.unshift(`pictures cannot be shown: ${trouble}`);
  if (said.length === 0) return null;
  return (
    <p class="cap notes" title={said.join("\n")}>
      <span class="warn">▲</span> {said.join(" · ")}
    </p>
  );
}

function PlotButtons() {
  const lasso = tool.value === "lasso";
  return (
    <div class="plot-buttons">
      <Segmented
        label="The pointer"
        value={tool.value}
        choices={[
          { value: "pan", text: "Pan", title: "drag to move; ⇧ drag draws a lasso" },
          { value: "lasso", text: "Lasso", title: "drag around images to select them (q)" },
        ]}
        onChoose={(value) => {
          tool.value = value;
        }}
      />
      <fieldset class="seg" aria-label="Zoom">
        <button
          type="button"
          aria-label="Nearer"
          title="Nearer (+)"
          onClick={() => handle.current?.zoom(ZOOM)}
        >
          +
        </button>
        <button
          type="button"
          aria-label="Further away"
          title="Further away (-)"
          onClick={() => handle.current?.zoom(1 / ZOOM)}
        >
          −
        </button>
        <button type="button" title="All points (0)" onClick={() => handle.current?.fit()}>
          Fit
        </button>
      </fieldset>
      {lasso && <span class="cap plot-hint">drag around images</span>}
    </div>
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
