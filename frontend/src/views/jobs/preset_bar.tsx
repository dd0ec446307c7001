/** Choose a named set of parameters, keep one's own, or go back to the defaults. */

import { useState } from "preact/hooks";
import { forgetPreset, howOf, presetOf, savedPresets, savePreset, withPreset } from "./presets";
import type { DraftState } from "./use_draft";

const OWN = "\u0000own";
const DEFAULTS = "\u0000defaults";

export function PresetBar({ state }: { state: DraftState }) {
  const { card, draft, update } = state;
  const [isNaming, setNaming] = useState(false);
  const saved = savedPresets(card.name);
  const now = presetOf(card, draft.params);
  const value = now === undefined ? OWN : (now?.name ?? DEFAULTS);
  const choose = (name: string): void => {
    const preset = [...card.presets, ...saved].find((one) => one.name === name) ?? null;
    update({ params: withPreset(card, draft.params, preset) });
  };
  const isSaved = saved.some((one) => one.name === value);
  return (
    <div class="preset-bar">
      <div class="f-row">
        <label class="f-label" for="cnnviz-preset">
          Preset
        </label>
        <div class="f-control row">
          <span class="sel caret grow">
            <select
              id="cnnviz-preset"
              value={value}
              title={now?.source || undefined}
              onChange={(event) => choose(event.currentTarget.value)}
            >
              {value === OWN && <option value={OWN}>your own values</option>}
              <option value={DEFAULTS}>defaults</option>
              {card.presets.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.title}
                </option>
              ))}
              {saved.map((one) => (
                <option key={one.name} value={one.name}>
                  {one.title} (saved here)
                </option>
              ))}
            </select>
          </span>
        </div>
      </div>
      <div class="row preset-buttons">
        <span class="cap clip grow" title={now?.source}>
          {now?.source ?? ""}
        </span>
        {isSaved && (
          <button
            type="button"
            class="btn q"
            onClick={() => {
              forgetPreset(card.name, value);
              update({});
              choose(DEFAULTS);
            }}
          >
            Forget
          </button>
        )}
        <button type="button" class="btn q" onClick={() => setNaming(!isNaming)} aria-expanded={isNaming}>
          Save as preset
        </button>
        <button type="button" class="btn q" onClick={() => update({ params: {} })}>
          Reset
        </button>
      </div>
      {isNaming && <Naming state={state} close={() => setNaming(false)} />}
    </div>
  );
}

function Naming({ state, close }: { state: DraftState; close: () => void }) {
  const { card, draft, update } = state;
  const [name, setName] = useState("");
  const [problem, setProblem] = useState("");
  const save = (event: Event): void => {
    event.preventDefault();
    if (!name.trim()) return;
    if (!savePreset(card.name, name, howOf(card, draft.params))) {
      setProblem("This browser keeps nothing for this page: allow it to store site data");
      return;
    }
    update({});
    close();
  };
  return (
    <form class="row preset-naming" onSubmit={save}>
      <input
        type="text"
        class="grow"
        aria-label="Name of the preset"
        placeholder="name of the preset"
        maxLength={60}
        value={name}
        ref={(field) => field?.focus()}
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <button type="submit" class="btn" disabled={!name.trim()}>
        Save
      </button>
      {problem && <span class="cap bad">{problem}</span>}
    </form>
  );
}
