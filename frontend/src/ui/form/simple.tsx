/** Controls of single values: number, text, yes or no, one of a few, a list as text, JSON. */

import { useState } from "preact/hooks";
import { listText, numberOf, parseList } from "./list_text";
import { type NumberShape, type Schema, shapeOf } from "./schema";
import { type ControlProps, said } from "./sources";

type Given<S> = ControlProps & { shape: S; nullable: boolean };

/** Beyond this many steps between its bounds a number is typed, not dragged. */
const DRAGGED = 400;

export function NumberControl(props: Given<NumberShape> & { hint?: string }) {
  const { shape, value, schema, onChange, nullable, label } = props;
  const [written, setWritten] = useState<string | null>(null);
  const text = value === null || value === undefined ? "" : String(value);
  return (
    <span class="f-number">
      <NumberSlider {...props} />
      <input
        {...said(props)}
        type="number"
        aria-label={label}
        step={shape.integer ? 1 : "any"}
        min={shape.lowOpen ? undefined : (shape.low ?? undefined)}
        max={shape.highOpen ? undefined : (shape.high ?? undefined)}
        placeholder={props.hint ?? (nullable ? "empty" : undefined)}
        value={written ?? text}
        onInput={(event) => {
          const field = event.currentTarget;
          setWritten(field.value);
          if (field.validity.badInput) onChange("what is no number");
          else onChange(field.value === "" && nullable ? null : numberOf(field.value));
        }}
        onBlur={() => setWritten(null)}
      />
      {schema["x-unit"] && <span class="cap">{schema["x-unit"]}</span>}
    </span>
  );
}

function NumberSlider({ shape, value, onChange, nullable, label }: Given<NumberShape>) {
  const { low, high, lowOpen, highOpen, integer } = shape;
  if (low === null || high === null || nullable) return null;
  const step = integer ? 1 : sliderStep(high - low);
  if ((high - low) / step > DRAGGED) return null;
  const first = low + (lowOpen ? step : 0);
  const last = high - (highOpen ? step : 0);
  const at = typeof value === "number" ? Math.min(last, Math.max(first, value)) : first;
  return (
    <span class="slide">
      <input
        type="range"
        aria-label={`${label}, by dragging`}
        min={first}
        max={last}
        step={step}
        value={at}
        style={{ "--share": `${((at - first) / (last - first || 1)) * 100}%` }}
        onInput={(event) => onChange(Number(event.currentTarget.value))}
      />
    </span>
  );
}

/** A hundredth of the span, as a power of ten. */
function sliderStep(span: number): number {
  return 10 ** Math.floor(Math.log10(span / 50));
}

export function TextControl(props: ControlProps & { nullable: boolean }) {
  const { value, onChange, nullable, label } = props;
  return (
    <input
      {...said(props)}
      type="text"
      aria-label={label}
      spellcheck={false}
      placeholder={nullable ? "empty" : undefined}
      value={typeof value === "string" ? value : ""}
      onInput={(event) => {
        const text = event.currentTarget.value;
        onChange(text === "" && nullable ? null : text);
      }}
    />
  );
}

export function SwitchControl(props: ControlProps) {
  const { value, onChange, label } = props;
  return (
    <button
      {...said(props)}
      type="button"
      class="switch"
      role="switch"
      aria-checked={value === true}
      aria-label={label}
      onClick={() => onChange(value !== true)}
    >
      <span aria-hidden="true">{value === true ? "yes" : "no"}</span>
    </button>
  );
}

export function ChoiceControl(props: ControlProps & { values: readonly unknown[]; nullable: boolean }) {
  const { values, value, onChange, nullable, label } = props;
  const all = nullable ? [null, ...values] : values;
  return (
    <span class="sel caret">
      <select
        {...said(props)}
        aria-label={label}
        value={String(all.indexOf(value))}
        onChange={(event) => onChange(all[Number(event.currentTarget.value)])}
      >
        {!all.includes(value) && <option value="-1">{String(value)}</option>}
        {all.map((one, at) => (
          <option key={String(one)} value={String(at)}>
            {choiceText(one)}
          </option>
        ))}
      </select>
    </span>
  );
}

function choiceText(value: unknown): string {
  if (value === null) return "–";
  if (typeof value === "boolean") return value ? "yes" : "no";
  return String(value).replaceAll("_", " ");
}

/** "0, 3, 8-11": numbers or names in one field. */
export function ListControl(props: ControlProps & { item: Schema; nullable: boolean; hint?: string }) {
  const { item, value, onChange, nullable, label, hint } = props;
  const [written, setWritten] = useState<string | null>(null);
  const ofNumbers = shapeOf(item).shape.kind === "number";
  const text = Array.isArray(value) ? listText(value) : "";
  return (
    <input
      {...said(props)}
      type="text"
      aria-label={label}
      spellcheck={false}
      placeholder={hint ?? (ofNumbers ? "such as 0, 3, 8-11" : "separated by commas")}
      value={written ?? text}
      onInput={(event) => {
        setWritten(event.currentTarget.value);
        const list = parseList(event.currentTarget.value, ofNumbers);
        onChange(list.length === 0 && nullable ? null : list);
      }}
      onBlur={() => setWritten(null)}
    />
  );
}

/** What no other control can draw is written as JSON. */
export function JsonControl(props: ControlProps) {
  const { value, onChange, label } = props;
  const [written, setWritten] = useState<string | null>(null);
  return (
    <input
      {...said(props)}
      type="text"
      class="mono"
      aria-label={label}
      spellcheck={false}
      value={written ?? JSON.stringify(value ?? null)}
      onInput={(event) => {
        setWritten(event.currentTarget.value);
        try {
          onChange(JSON.parse(event.currentTarget.value));
        } catch {
          onChange(event.currentTarget.value);
        }
      }}
      onBlur={() => setWritten(null)}
    />
  );
}
