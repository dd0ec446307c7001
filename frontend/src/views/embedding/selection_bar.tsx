/** Under the map: what the lasso holds, and what can be done with it. */

import { useEffect, useMemo } from "preact/hooks";
import { countText, percentText } from "../../draw/number_text";
import type { Store } from "../../state/store";
import { saveText } from "../../ui/save_text";
import { choose, chosen, isolated, unitsWanted } from "./choice";
import { cssColours } from "./colours";
import { csvOf, jsonOf, summaryOf } from "./selection";
import { reactingSeries, type Scene } from "./use_scene";

const CLASSES = 5;
const CONFUSIONS = 4;

/** What keys do with the bar on show. */
export const bar: { current: { save: () => void; units: () => void } | null } = { current: null };

export function SelectionBar({ store, scene }: { store: Store; scene: Scene }) {
  const rows = chosen.value;
  const { subjects, layout, grouping, index } = scene;
  const summary = useMemo(() => rows && summaryOf(rows, subjects), [rows, subjects]);
  const units = reactingSeries(index, subjects.dataset);
  const file = `${index.name}-${layout.facts.key}-step-${layout.facts.step}`;
  const doer = {
    save: () => {
      if (rows) saveText(csvOf(rows, subjects), `${file}.csv`);
    },
    units: () => {
      if (units.length === 0) return;
      unitsWanted.value = true;
      store.drawer.value = "inspector";
    },
  };
  useEffect(() => {
    bar.current = rows && doer;
    return () => {
      bar.current = null;
    };
  });
  if (!rows || !summary) return null;
  const css = grouping.by === "label" ? cssColours(grouping, isolated.value, store.theme.value) : [];
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
        <button type="button" class="btn" title="rows, names, labels, predictions (e)" onClick={doer.save}>
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
          title={
            units.length === 0 ? "top patches of the same images are not recorded" : "channel by channel (u)"
          }
          onClick={doer.units}
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
