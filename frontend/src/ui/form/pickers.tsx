/** Pickers that a schema asks for with `x-widget`: layers, classes, channels and examples of the run at hand. */

import { useEffect } from "preact/hooks";
import { alike, rounded } from "../../draw/blend";
import { BlendPad } from "../blend_pad";
import { PixelCanvas, type Pixels } from "../pixel_canvas";
import { Combo, type ComboEntry } from "./combo";
import { shapeOf } from "./schema";
import { ChoiceControl, ListControl, NumberControl } from "./simple";
import { type ControlProps, layerBeside, type Sources, said } from "./sources";

type Picker = (props: ControlProps & { nullable: boolean }) => preact.JSX.Element | null;

/** By the name in `x-widget`; null for one that this page does not know, which is then drawn by its type. */
export function pickerOf(widget: string | undefined): Picker | null {
  return widget === undefined || !Object.hasOwn(PICKERS, widget) ? null : (PICKERS[widget] ?? null);
}

const PICKERS: Record<string, Picker> = {
  layer: LayerPicker,
  layers: LayersPicker,
  class: ClassPicker,
  channel: ChannelPicker,
  channels: UnitsPicker,
  unit: UnitPicker,
  units: UnitsPicker,
  method: MethodPicker,
  example: ExamplePicker,
  examples: ExamplesPicker,
  network: NetworkPicker,
  blend: BlendPicker,
};

function layerEntries(sources: Sources): ComboEntry[] {
  return sources.layers.map(({ name, note }) => ({ value: name, text: name, note }));
}

function LayerPicker(props: ControlProps & { nullable: boolean }) {
  const { sources, value, onChange, nullable, label } = props;
  return (
    <Combo
      said={said(props)}
      label={label}
      entries={layerEntries(sources)}
      shown={typeof value === "string" ? value : ""}
      hint={nullable ? "none" : "a layer"}
      onChoose={(name) => (name !== null || nullable) && onChange(name)}
    />
  );
}

function LayersPicker(props: ControlProps & { nullable: boolean }) {
  const { sources, value, onChange, nullable, label } = props;
  const chosen = Array.isArray(value) ? (value as string[]) : [];
  const places = new Map(sources.layers.map((layer, at) => [layer.name, at]));
  const set = (names: string[]): void => {
    // In the order of the network, as the result will stand.
    names.sort((a, b) => (places.get(a) ?? -1) - (places.get(b) ?? -1));
    onChange(names.length === 0 && nullable ? null : names);
  };
  return (
    <Chosen texts={chosen} label={label} onRemove={(at) => set(chosen.filter((_, other) => other !== at))}>
      <Combo
        said={said(props)}
        label={`${label}: add one`}
        entries={layerEntries(sources).filter((entry) => !chosen.includes(entry.value))}
        shown=""
        hint={chosen.length ? "add a layer" : nullable ? "none" : "add a layer"}
        onChoose={(name) => name !== null && set([...chosen, name])}
      />
    </Chosen>
  );
}

function classEntries(sources: Sources): ComboEntry[] {
  return sources.classes.map((name, at) => ({ value: String(at), text: name, note: String(at) }));
}

function ClassPicker(props: ControlProps & { nullable: boolean }) {
  const { sources, value, onChange, nullable, label } = props;
  if (sources.classes.length === 0) return <PlainNumber {...props} />;
  const shown = typeof value === "number" ? (sources.classes[value] ?? String(value)) : "";
  return (
    <Combo
      said={said(props)}
      label={label}
      entries={classEntries(sources)}
      shown={shown}
      hint={nullable ? "none" : "a class"}
      onChoose={(at) => (at !== null || nullable) && onChange(at === null ? null : Number(at))}
    />
  );
}

/** A number within the channels of the layer beside it. */
function ChannelPicker(props: ControlProps & { nullable: boolean }) {
  const count = layerBeside(props)?.channels;
  return <PlainNumber {...props} {...(count ? { hint: `0 … ${count - 1}` } : {})} />;
}

/** A class by name without a layer beside it; a channel of that layer else. */
function UnitPicker(props: ControlProps & { nullable: boolean }) {
  return typeof props.siblings.layer === "string" ? <ChannelPicker {...props} /> : <ClassPicker {...props} />;
}

/** A method whose result lies over the examples. */
function MethodPicker(props: ControlProps & { nullable: boolean }) {
  return <ChoiceControl {...props} values={props.sources.methods} />;
}

function PlainNumber(props: ControlProps & { nullable: boolean; hint?: string }) {
  const { shape } = shapeOf(props.schema);
  return shape.kind === "number" ? <NumberControl {...props} shape={shape} /> : null;
}

/** Classes by name without a layer beside it; channels of that layer else. */
function UnitsPicker(props: ControlProps & { nullable: boolean }) {
  const { sources, value, onChange, siblings, schema, label, nullable } = props;
  const { shape } = shapeOf(schema);
  const chosen = Array.isArray(value) ? (value as unknown[]) : [];
  const hasLayer = typeof siblings.layer === "string";
  if (hasLayer || sources.classes.length === 0) {
    const count = layerBeside(props)?.channels;
    const item = shape.kind === "list" ? shape.item : {};
    const hint = count ? `of 0 … ${count - 1}` : undefined;
    return <ListControl {...props} item={item} {...(hint ? { hint } : {})} />;
  }
  const isDefault = JSON.stringify(value) === JSON.stringify(schema.default);
  const set = (units: unknown[]): void => onChange(units.length === 0 && nullable ? null : units);
  return (
    <Chosen
      texts={chosen.map((unit) => sources.classes[unit as number] ?? String(unit))}
      label={label}
      onRemove={(at) => set(chosen.filter((_, other) => other !== at))}
    >
      <Combo
        said={said(props)}
        label={`${label}: add a class`}
        entries={classEntries(sources).filter((entry) => !chosen.includes(Number(entry.value)))}
        shown=""
        hint="add a class"
        // The default was nobody's choice: the first class chosen takes its place.
        onChoose={(at) => at !== null && set(isDefault ? [Number(at)] : [...chosen, Number(at)])}
      />
    </Chosen>
  );
}

interface ChosenProps {
  texts: readonly string[];
  label: string;
  onRemove: (at: number) => void;
  children: preact.ComponentChildren;
}

/** What is chosen already, each with a button that takes it out. */
function Chosen({ texts, label, onRemove, children }: ChosenProps) {
  return (
    <div class="f-chosen">
      {texts.map((text, at) => (
        <button
          key={text}
          type="button"
          class="chip"
          aria-label={`${label}: take out ${text}`}
          title="take out"
          onClick={() => onRemove(at)}
        >
          <span class="clip">{text}</span>
          <span aria-hidden="true">×</span>
        </button>
      ))}
      {children}
    </div>
  );
}

const THUMB = 32;
const PAD = 216;

function ExamplePicker(props: ControlProps & { nullable: boolean }) {
  const { sources, value, onChange, nullable, label } = props;
  if (sources.examples.length === 0) return <PlainNumber {...props} />;
  const press = (at: number) => (value === at && nullable ? onChange(null) : onChange(at));
  return <Thumbnails label={label} examples={sources.examples} isOn={(at) => value === at} press={press} />;
}

function ExamplesPicker(props: ControlProps & { nullable: boolean }) {
  const { sources, value, onChange, label } = props;
  const chosen = Array.isArray(value) ? (value as number[]) : [];
  const press = (at: number) =>
    onChange(
      chosen.includes(at) ? chosen.filter((one) => one !== at) : [...chosen, at].sort((a, b) => a - b),
    );
  const isOn = (at: number) => chosen.includes(at);
  return <Thumbnails label={label} examples={sources.examples} isOn={isOn} press={press} />;
}

/** A network that a job of this run has trained; where there is none, the way to one. */
function NetworkPicker(props: ControlProps & { nullable: boolean }) {
  const { sources, value, onChange, schema, label } = props;
  const none = props.nullable ? null : "";
  const kind = schema["x-kind"];
  const networks = sources.networks.filter((one) => one.kind === kind);
  const newest = networks[0]?.name;
  const isChosen = typeof value === "string" && value !== "";
  const isNeeded = schema["x-empty"] === "newest" || !("default" in schema);
  // The newest is asked for by its name: a newer one shall not change what a request means.
  useEffect(() => {
    if (!isChosen && isNeeded && newest !== undefined) onChange(newest);
  }, [isChosen, isNeeded, newest]);
  if (networks.length === 0) return <NoNetwork {...props} isNeeded={isNeeded} />;
  return (
    <fieldset class="f-networks" aria-label={label}>
      {networks.map(({ name, title, note, url }) => (
        <button
          key={name}
          type="button"
          aria-pressed={value === name}
          data-network={name}
          onClick={() => onChange(value === name && !isNeeded ? none : name)}
        >
          {url ? <img src={url} alt="" width={THUMB} height={THUMB} /> : <span class="plate" />}
          <span class="f-network-words">
            <span class="clip">{title}</span>
            <span class="cap clip">{note}</span>
          </span>
        </button>
      ))}
    </fieldset>
  );
}

function NoNetwork({ sources, schema, isNeeded }: ControlProps & { isNeeded: boolean }) {
  const maker = sources.makers.find((one) => one.kind === schema["x-kind"]);
  return (
    <p class="cap">
      {isNeeded ? "" : "None. "}
      {maker
        ? `This run has no such network yet; “${maker.title}” trains one. `
        : "This run has no such network, and no method here trains one."}
      {maker && (
        <button type="button" class="link" onClick={maker.open}>
          Open its form
        </button>
      )}
    </p>
  );
}

/** Shares of the styles beside it: those of the chosen network, else of the form's own pictures. */
function BlendPicker(props: ControlProps & { nullable: boolean }) {
  const { sources, siblings, value, onChange, label } = props;
  const network = sources.networks.find((one) => one.name === siblings.network);
  const parts = network?.styles ?? sources.styles;
  if (parts.length < 2)
    return <p class="cap f-text">{parts.length === 1 ? "one style: nothing to mix" : "no styles yet"}</p>;
  const given = Array.isArray(value) ? value.filter((one) => typeof one === "number") : [];
  const shares = given.length === parts.length ? rounded(given) : alike(parts.length);
  return (
    <BlendPad
      label={label}
      parts={parts.map(({ title, pixels, url }) => ({ title, pixels, url }))}
      shares={shares}
      onChange={onChange}
      side={PAD}
    />
  );
}

interface ThumbnailsProps {
  label: string;
  examples: Sources["examples"];
  isOn: (at: number) => boolean;
  press: (at: number) => void;
}

/** Small pictures to switch on and off. */
export function Thumbnails({ label, examples, isOn, press }: ThumbnailsProps) {
  return (
    <fieldset class="f-thumbs" aria-label={label}>
      {examples.map(({ title, pixels, url }, at) => (
        <button
          key={title}
          type="button"
          aria-pressed={isOn(at)}
          aria-label={title}
          title={title}
          onClick={() => press(at)}
        >
          {pixels && <PixelCanvas {...pixels} size={thumbSize(pixels)} label="" />}
          {!pixels && (url ? <img src={url} alt="" width={THUMB} height={THUMB} /> : <span>{at}</span>)}
        </button>
      ))}
    </fieldset>
  );
}

function thumbSize({ width, height }: Pixels) {
  const scale = THUMB / Math.max(width, height, 1);
  return { width: Math.round(width * scale), height: Math.round(height * scale) };
}
