/** The left column: what the colours mean, with how many are chosen of each; what the map is, and what is shown of it. */

import { useMemo } from "preact/hooks";
import { gradient } from "../../draw/colour_map";
import { countText, percentText, valueText } from "../../draw/number_text";
import type { Store } from "../../state/store";
import { CheckBox } from "../../ui/check_box";
import { ScaleBar } from "../../ui/scale_bar";
import type { ViewProps } from "../view";
import { AgreementCurve } from "./agreement";
import { chosen, isolate, isolated, rings } from "./choice";
import { countsOf, cssColours, MOST_COLOURS } from "./colours";
import { type Scene, useScene } from "./use_scene";

const MOST_ROWS = 100;

export function Side({ store, client }: ViewProps) {
  const scene = useScene(store, client)?.scene;
  if (!scene) return null;
  return (
    <>
      <Groups store={store} scene={scene} />
      <Shown store={store} scene={scene} />
      <MapFacts scene={scene} />
      <AgreementCurve store={store} client={client} scene={scene} />
    </>
  );
}

const TITLES = {
  label: "Label",
  prediction: "Prediction",
  error: "Prediction is",
  loss: "Label",
  unit: "Label",
};

function Groups({ store, scene }: { store: Store; scene: Scene }) {
  const { grouping } = scene;
  const among = chosen.value;
  const inside = useMemo(
    () => (among ? countsOf(grouping.groups, grouping.counts.length, among) : null),
    [grouping, among],
  );
  const css = cssColours(grouping, isolated.value, store.theme.value);
  const rows = useMemo(() => rowsOf(grouping.counts), [grouping]);
  const unknown = grouping.groups.length - grouping.counts.reduce((sum, count) => sum + count, 0);
  return (
    <div class="side-sec">
      <div class="legend-head cap">
        <span>{TITLES[grouping.by]}</span>
        <span>{inside ? "selected / all" : "all"}</span>
      </div>
      <ul class="legend-rows">
        {rows.map((group) => (
          <li key={group}>
            <button
              type="button"
              class={isolated.value.size > 0 && !isolated.value.has(group) ? "off" : ""}
              aria-pressed={isolated.value.has(group)}
              title="Click: this one alone. Shift-click: this one too"
              onClick={(event) => isolate(group, event.shiftKey)}
            >
              {!grouping.values && <i class={css[group] ? "sw" : "sw none"} style={swatch(css[group])} />}
              <span class="clip">{grouping.names(group)}</span>
              <span>
                {inside && `${countText(inside[group] ?? 0)} / `}
                {countText(grouping.counts[group] ?? 0)}
              </span>
            </button>
          </li>
        ))}
      </ul>
      {rows.length === 0 && <p class="cap">no labels known</p>}
      {unknown > 0 && rows.length > 0 && <p class="cap">{countText(unknown)} without one</p>}
      {grouping.counts.length > rows.length && rows.length === MOST_ROWS && (
        <p class="cap">
          the {MOST_ROWS} largest of {countText(grouping.counts.length)}
        </p>
      )}
      {grouping.counts.length > MOST_COLOURS && !grouping.values && (
        <p class="cap">eight have a colour: click, or ⇧ click, to choose which</p>
      )}
      {isolated.value.size > 0 && (
        <button
          type="button"
          class="link cap"
          onClick={() => {
            isolated.value = new Set();
          }}
        >
          show all
        </button>
      )}
    </div>
  );
}

function swatch(css: string | null | undefined) {
  return css ? { background: css } : {};
}

/** Groups with images, in order; of very many the largest. */
function rowsOf(counts: Int32Array): number[] {
  const there = Array.from(counts.keys()).filter((group) => (counts[group] as number) > 0);
  if (there.length <= MOST_ROWS) return there;
  return there.sort((a, b) => (counts[b] as number) - (counts[a] as number)).slice(0, MOST_ROWS);
}

function Shown({ store, scene }: { store: Store; scene: Scene }) {
  const { grouping } = scene;
  const isDensity = store.scatterDraw.value === "density";
  if (!isDensity && !grouping.values && !scene.subjects.isJudged) return null;
  if (isDensity)
    return (
      <div class="side-sec">
        <h2>Images in a place</h2>
        <span class="legend scale">
          few
          <span class="scale-bar" style={{ background: gradient("viridis") }} />
          many, logarithmic
        </span>
      </div>
    );
  return (
    <div class="side-sec">
      {grouping.values && (
        <>
          <h2>{grouping.by === "loss" ? "Loss" : `Channel ${store.unit.value}`}</h2>
          <ScaleBar colourMap="viridis" range={grouping.range} clipped={grouping.by === "loss"} />
        </>
      )}
      {scene.subjects.isJudged && <CheckBox label="Ring wrong predictions" on={rings} />}
    </div>
  );
}

function MapFacts({ scene }: { scene: Scene }) {
  const { facts, layout, lay } = scene;
  const map = record(facts.map);
  const shares = Array.isArray(facts.explained) ? facts.explained : [];
  const first = shares.slice(0, 2).filter((share) => typeof share === "number");
  const rows: [string, string][] = [["layer", layout.facts.layer ?? "not known"]];
  if (lay === "map" && map) {
    rows.push(["perplexity", numberText(map.perplexity)]);
    rows.push(["KL divergence", numberText(map.divergence)]);
    rows.push(["iterations", numberText(map.iterations)]);
    if (map.aligned === true) rows.push(["starts from", "map before"]);
  }
  if (lay === "pca" && first.length > 0)
    rows.push(["variance", first.map((share) => percentText(share)).join(" + ")]);
  rows.push(["images", countText(layout.count)]);
  return (
    <div class="side-sec">
      <h2>Map</h2>
      <dl class="kv">
        {rows.map(([name, value]) => [<dt key={name}>{name}</dt>, <dd key={`${name}=`}>{value}</dd>])}
      </dl>
    </div>
  );
}

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
}

function numberText(value: unknown): string {
  return typeof value === "number" ? valueText(value) : "not known";
}
