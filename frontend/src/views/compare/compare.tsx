/** A and B of the same record: side by side, in each other's place, or subtracted. */

import { useEffect, useRef } from "preact/hooks";
import { openLayer, type Side, type Store, type Subject } from "../../state/store";
import { Nothing } from "../../ui/panel_state";
import type { Drawn } from "../../ui/picture_grid";
import { Segmented } from "../../ui/segmented";
import { Select } from "../../ui/select";
import { ColourControl, GammaControl, RangeControl } from "../records/colouring";
import { ExamplePicker, exampleTitle } from "../records/examples";
import { heatmaps, seriesTitle } from "../records/series";
import { Sharing } from "../records/sharing";
import type { KeyBinding, ViewProps } from "../view";
import compareStyles from "./compare.css?inline";
import { GridPair } from "./grid_pair";
import { HeatmapPair } from "./heatmap_pair";
import { flipped, type Pair, usePair } from "./use_pair";

export { Inspector } from "./inspector";
export const styles = compareStyles;

export const keys: readonly KeyBinding[] = [
  { key: "x", says: "hold: B in A's place", run: ({ store }) => flip(store) },
];

function flip(store: Store): void {
  if (store.compare.value === "side") store.compare.value = "flicker";
  flipped.value = true;
}

const ONE: Record<Subject, string> = { filters: "filter", activations: "channel", heatmap: "map" };

export default function CompareView({ store, client }: ViewProps) {
  const mode = store.compare.value;
  const pair = usePair(client, store, mode === "difference" || store.subject.value === "heatmap");
  const drawn: Drawn = useRef<(() => HTMLCanvasElement | null) | null>(null);
  useEffect(() => {
    const release = (event: KeyboardEvent): void => {
      if (event.key === "x" || event.key === "X") flipped.value = false;
    };
    const leave = (): void => {
      flipped.value = false;
    };
    document.addEventListener("keyup", release);
    window.addEventListener("blur", leave);
    return () => {
      document.removeEventListener("keyup", release);
      window.removeEventListener("blur", leave);
      flipped.value = false;
    };
  }, []);
  if (store.b.run.value === null) return <ChooseB store={store} />;
  const { subject } = pair;
  const what = subject === "heatmap" && pair.a.series ? seriesTitle(pair.a.series) : (pair.layer ?? "");
  return (
    <div class="compare-view">
      <div class="head">
        <h1 class="clip">{what}</h1>
        <span class="t clip">
          {subject}
          {subject !== "filters" && ` · image ${exampleTitle(store.a.index.value, pair.image)}`}
        </span>
        <span class="grow" />
        <Sharing
          store={store}
          client={client}
          maps={pair.a.maps.value}
          drawn={drawn}
          caption={caption(store, pair, what)}
        />
        <ModeControl store={store} />
      </div>
      <div class="bar">
        <SubjectControl store={store} />
        {subject === "heatmap" && <HeatmapControl store={store} />}
        {subject !== "filters" && <ExamplePicker store={store} client={client} />}
        <RangeControl store={store} one={ONE[subject]} />
        <GammaControl store={store} />
        <ColourControl store={store} signed={mode === "difference" || pair.a.series?.facts.signed === true} />
        {subject !== "heatmap" && pair.layer && (
          <button type="button" class="btn q" onClick={() => openLayer(store, pair.layer as string)}>
            Open layer
          </button>
        )}
      </div>
      <Body store={store} client={client} pair={pair} drawn={drawn} />
    </div>
  );
}

function Body({ store, client, pair, drawn }: ViewProps & { pair: Pair; drawn: Drawn }) {
  const absent = [pair.a, pair.b].find((one) => one.side.index.value && !one.series);
  if (absent) return <Absent pair={pair} side={absent.side} />;
  const props = { store, client, pair, drawn };
  return pair.subject === "heatmap" ? <HeatmapPair {...props} /> : <GridPair {...props} />;
}

function Absent({ pair, side }: { pair: Pair; side: Side }) {
  const of = pair.subject === "heatmap" ? "a heatmap" : `${pair.subject} of ${pair.layer}`;
  const method = pair.subject === "heatmap" ? "saliency" : pair.subject;
  return (
    <Nothing
      title={`${side.name}, run ${side.run.value}, has no ${of.replace(/^a /, "")}`}
      code={`cnnviz.method("${method}"${pair.subject === "heatmap" ? "" : `, layers=["${pair.layer}"]`})`}
    >
      Choose another layer in the tree, another subject, or record it:
    </Nothing>
  );
}

function ChooseB({ store }: { store: Store }) {
  const index = store.a.index.value;
  const first = index?.steps[0];
  const canCompare = index && first !== undefined && index.steps.length > 1;
  return (
    <Nothing heading title="Nothing to compare with yet">
      <p>Choose run B in the top row, or look at how this run began:</p>
      {canCompare && (
        <button
          type="button"
          class="btn p"
          onClick={() => {
            store.b.run.value = index.name;
            store.b.step.value = first;
          }}
        >
          Compare with step {first} of this run
        </button>
      )}
    </Nothing>
  );
}

function SubjectControl({ store }: { store: Store }) {
  const choices: { value: Subject; text: string }[] = [
    { value: "filters", text: "Filters" },
    { value: "activations", text: "Activations" },
    { value: "heatmap", text: "Maps over images" },
  ];
  return (
    <Segmented
      label="What is compared"
      value={store.subject.value}
      choices={choices}
      onChoose={(subject) => {
        store.subject.value = subject;
        store.channel.value = null;
      }}
    />
  );
}

/** Which of several recorded maps. */
function HeatmapControl({ store }: { store: Store }) {
  const index = store.a.index.value;
  const all = index ? heatmaps(index) : [];
  if (all.length < 2) return null;
  return (
    <Select
      label="Map"
      value={all.find((one) => one.key === store.overlay.value)?.key ?? all[0]?.key ?? ""}
      options={all.map((one) => ({ value: one.key, text: seriesTitle(one) }))}
      onChoose={(key) => {
        store.overlay.value = key;
      }}
    />
  );
}

function ModeControl({ store }: { store: Store }) {
  return (
    <Segmented
      label="How they are compared"
      value={store.compare.value}
      choices={[
        { value: "side", text: "Side by side" },
        { value: "flicker", text: "Flicker", title: "hold x to see B in A's place" },
        { value: "difference", text: "A − B", title: "signed difference of the exact values" },
      ]}
      onChoose={(mode) => {
        store.compare.value = mode;
      }}
    />
  );
}

function caption(store: Store, pair: Pair, what: string): string {
  const one = ({ side, maps }: Pair["a"]) =>
    `${side.name} ${side.run.value} step ${maps.value?.facts.step ?? "–"}`;
  const image = pair.subject === "filters" ? "" : ` · image ${exampleTitle(store.a.index.value, pair.image)}`;
  return `${pair.subject} · ${what}${image} · ${one(pair.a)} · ${one(pair.b)} · ${store.compare.value}`;
}
