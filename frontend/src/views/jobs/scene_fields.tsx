/** The rows above a method's own parameters: weights; and below them: seed, device. */

import { checkpointSteps } from "../../state/checkpoints";
import type { Store } from "../../state/store";
import { type DraftState, stepOf } from "./use_draft";

interface Props {
  store: Store;
  state: DraftState;
  refusal: string | undefined;
}

const STORED = "stored";

export function StepField({ store, state, refusal }: Props) {
  const index = store.a.index.value;
  const steps = index ? checkpointSteps(index) : [];
  const step = stepOf(state.draft, store);
  const isKnown = step === null || steps.includes(step);
  return (
    <Row id="cnnviz-step" label="Weights" wrong={refusal}>
      <span class="sel caret grow">
        <select
          id="cnnviz-step"
          value={step === null ? STORED : String(step)}
          onChange={({ currentTarget: { value } }) =>
            state.update({ step: value === STORED ? null : Number(value) })
          }
        >
          {!isKnown && <option value={String(step)}>step {step}: no checkpoint</option>}
          {steps.toReversed().map((one) => (
            <option key={one} value={String(one)}>
              step {one} (checkpoint)
            </option>
          ))}
          <option value={STORED}>stored with the model</option>
        </select>
      </span>
    </Row>
  );
}

export function SeedField({ state, refusal }: Omit<Props, "store">) {
  const { draft, update } = state;
  return (
    <Row id="cnnviz-seed" label="Seed" wrong={refusal}>
      <span class="f-number">
        <input
          id="cnnviz-seed"
          type="number"
          min={0}
          step={1}
          value={String(draft.seed)}
          onInput={({ currentTarget: { value } }) => {
            const seed = Number(value);
            if (value !== "" && Number.isSafeInteger(seed) && seed >= 0) update({ seed });
          }}
        />
        <button
          type="button"
          class="btn q"
          title="the same seed gives the same picture; another one starts elsewhere"
          onClick={() => update({ seed: draft.seed + 1 })}
        >
          Next
        </button>
      </span>
    </Row>
  );
}

/** Only where there is a choice. */
export function DeviceField({ store, state, refusal }: Props) {
  const devices = store.catalogue.value?.catalogue?.devices ?? [];
  if (devices.length < 2) return null;
  return (
    <Row id="cnnviz-device" label="Device" wrong={refusal}>
      <span class="sel caret">
        <select
          id="cnnviz-device"
          value={state.draft.device ?? ""}
          onChange={({ currentTarget: { value } }) => state.update({ device: value || null })}
        >
          <option value="">any that is free</option>
          {devices.map((device) => (
            <option key={device} value={device}>
              {device}
            </option>
          ))}
        </select>
      </span>
    </Row>
  );
}

interface RowProps {
  id: string;
  label: string;
  wrong: string | undefined;
  children: preact.ComponentChildren;
}

function Row({ id, label, wrong, children }: RowProps) {
  return (
    <div class="f-row">
      <label class="f-label" for={id}>
        {label}
      </label>
      <div class="f-control">
        {children}
        <div class="f-wrong bad" aria-live="polite">
          {wrong && `▲ ${wrong}`}
        </div>
      </div>
    </div>
  );
}
