/** Under the map: what the lasso holds, and what can be done with it. */

import { useMemo } from "preact/hooks";
import { countText, percentText } from "../../draw/number_text";
import type { Store } from "../../state/store";
import { saveText } from "../../ui/save_text";
import { choose, chosen, isolated, unitsWanted } from "./choice";
import { cssColours } from "./colours";
import { csvOf, jsonOf, summaryOf } from "./selection";
import { reactingSeries, type Scene } from "./use_scene";

const CLASSES = 5;
const CONFUSIONS = 4;

export function SelectionBar({ store, scene }: { store: Store; scene: Scene }) {
  const rows = chosen.value;
  const { subjects, layout, grouping, index } = scene;
  const summary = useMemo(() => rows && summaryOf(rows, subjects), [rows, subjects]);
  if (!rows || !summary) return null;
  const css = grouping.by === "label" ? cssColours(grouping, isolated.value, store.theme.value) : [];
  const units = reactingSeries(index, subjects.dataset);
  const file = `${index.name}-${layout.facts.key}-step-${layout.facts.step}`;
  const more = summary.classes.length - CLASSES;
  return (
    <section class="selection" aria-label="selected images">
      <div class="row">
        <b>{countText(summary.count)} selected</b>
        <span class="t">of {countText(layout.count)}</span>
        <span class="selection-classes">
          {summary.classes.slice(0, CLASSES).map(({ target, count }) => (
            <span key={target} class="nowrap">
              {css[target] && <i class="sw" style={{ background: css[target] ?? "" }} />}
              {subjects.className(target)} <b>{countText(count)}</b>
            </span>
          ))}
          {more > 0 && <span class="t">and {more} more</span>}
        </span>
        <span class="grow" />
        <button type="button" class="btn" onClick={() => saveText(csvOf(rows, subjects), `${file}.csv`)}>
          CSV
        </button>
        <button
          type="button"
          class="btn"
          onClick={() => {
            const { run, step, key, digest } = layout.facts;
            const about = { run, step, key, digest, dataset: subjects.dataset };
            saveText(jsonOf(rows, subjects, about), `${file}.json`);
          }}
        >
          JSON
        </button>
        <button
          type="button"
          class="btn p"
          disabled={units.length === 0}
          title={units.length === 0 ? "top patches of the same images are not recorded" : undefined}
          onClick={() => {
            unitsWanted.value = true;
            store.drawer.value = "inspector";
          }}
        >
          Units that fire for these
        </button>
      </div>
      <div class="row">
        {summary.judged > 0 && (
          <span class={summary.wrong > 0 ? "bad nowrap" : "ok nowrap"}>
            {countText(summary.wrong)} wrong, {percentText(summary.wrong / summary.judged)}
          </span>
        )}
        <span class="s clip">
          {summary.confusions
            .slice(0, CONFUSIONS)
            .map(
              ({ label, predicted, count }) =>
                `${subjects.className(label)} → ${subjects.className(predicted)} ${count}`,
            )
            .join(" · ")}
        </span>
        <span class="grow" />
        <button type="button" class="link cap nowrap" onClick={() => choose(null)}>
          <kbd>Esc</kbd> clears
        </button>
      </div>
    </section>
  );
}
