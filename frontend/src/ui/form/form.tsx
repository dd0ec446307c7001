/** A form drawn from a JSON Schema: a row a parameter, pickers where the schema asks for them. */

import { useId, useState } from "preact/hooks";
import { misfitOf } from "./misfit";
import { pickerOf } from "./pickers";
import { blankOf, fieldTitle, problemOf, type Schema, shapeOf, type Variant } from "./schema";
import { ChoiceControl, JsonControl, ListControl, NumberControl, SwitchControl, TextControl } from "./simple";
import type { ControlProps, Sources } from "./sources";

interface Props {
  /** Of an object; its properties are the rows. */
  schema: Schema;
  values: Record<string, unknown>;
  onChange: (name: string, value: unknown) => void;
  sources: Sources;
  /** What a server said of a field, by name. */
  refusals?: Readonly<Record<string, string>>;
  /** The help of the row under the pointer or with the focus. */
  onHelp?: (help: string | null) => void;
}

export function Form({ schema, values, onChange, sources, refusals = {}, onHelp }: Props) {
  const wrongs = problems(schema, values);
  return (
    <div class="form">
      {fieldsOf(schema).map(([name, field]) => (
        <Row
          key={name}
          name={name}
          schema={field}
          value={values[name]}
          onChange={(value) => onChange(name, value)}
          sources={sources}
          siblings={values}
          wrong={
            wrongs[name] ?? refusals[name] ?? misfitOf(field, values[name], sources, values) ?? undefined
          }
          onHelp={onHelp}
        />
      ))}
    </div>
  );
}

/** Rows in their order: first what is looked at (those with pickers), then how. */
export function fieldsOf(schema: Schema): [string, Schema][] {
  const fields = Object.entries(schema.properties ?? {});
  const isPicked = ([, field]: [string, Schema]) => field["x-widget"] !== undefined;
  return [...fields.filter(isPicked), ...fields.filter((field) => !isPicked(field))];
}

/** What is wrong with values, by field; empty when all fit. */
export function problems(schema: Schema, values: Record<string, unknown>): Record<string, string> {
  const found: Record<string, string> = {};
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const isMissing = values[name] === undefined;
    if (isMissing && schema.required?.includes(name)) found[name] = "is needed";
    const problem = isMissing ? null : problemOf(field, values[name]);
    if (problem) found[name] = `must be ${problem}`;
  }
  return found;
}

interface RowProps {
  name: string;
  schema: Schema;
  value: unknown;
  onChange: (value: unknown) => void;
  sources: Sources;
  siblings: Record<string, unknown>;
  wrong: string | undefined;
  onHelp?: ((help: string | null) => void) | undefined;
}

function Row({ name, schema, value, onChange, sources, siblings, wrong, onHelp }: RowProps) {
  const id = useId();
  const title = fieldTitle(name, schema);
  const help = schema.description ?? "";
  const isTall = isComposite(schema);
  const say = () => onHelp?.(help ? `${title}: ${help}` : null);
  return (
    <div class={isTall ? "f-row tall" : "f-row"} onPointerEnter={say} onFocusCapture={say}>
      <label class="f-label clip" for={id} title={help}>
        {title}
      </label>
      <div class="f-control">
        <Control
          id={id}
          label={title}
          schema={schema}
          value={value}
          onChange={onChange}
          sources={sources}
          siblings={siblings}
          invalid={wrong !== undefined}
          describedBy={`${id}-help ${id}-wrong`}
        />
        <span id={`${id}-help`} class="unseen">
          {help}
        </span>
        <div id={`${id}-wrong`} class="f-wrong bad" aria-live="polite">
          {wrong !== undefined && `▲ ${wrong}`}
        </div>
      </div>
    </div>
  );
}

/** Has rows of its own, which need the whole width. */
function isComposite(schema: Schema): boolean {
  const { shape } = shapeOf(schema);
  if (["network", "blend"].includes(schema["x-widget"] ?? "")) return true;
  return shape.kind === "object" || (shape.kind === "list" && shapeOf(shape.item).shape.kind === "object");
}

/** The control that a schema asks for. */
export function Control(props: ControlProps) {
  const { shape, nullable } = shapeOf(props.schema);
  const Picker = pickerOf(props.schema["x-widget"]);
  // An enum among a picker's alternatives ("auto", "all") comes first: the picker is one of the variants.
  if (shape.kind === "variants") return <Variants {...props} variants={shape.variants} nullable={nullable} />;
  if (Picker) return <Picker {...props} nullable={nullable} />;
  switch (shape.kind) {
    case "boolean":
      return nullable ? (
        <ChoiceControl {...props} values={[true, false]} nullable />
      ) : (
        <SwitchControl {...props} />
      );
    case "number":
      return <NumberControl {...props} shape={shape} nullable={nullable} />;
    case "choice":
      return <ChoiceControl {...props} values={shape.values} nullable={nullable} />;
    case "text":
      return <TextControl {...props} nullable={nullable} />;
    case "tuple":
      return <Tuple {...props} items={shape.items} />;
    case "list":
      return shapeOf(shape.item).shape.kind === "object" ? (
        <Objects {...props} item={shape.item} />
      ) : (
        <ListControl {...props} item={shape.item} nullable={nullable} />
      );
    case "object":
      return <Nested {...props} nullable={nullable} />;
    default:
      return <JsonControl {...props} />;
  }
}

/** Two numbers side by side. */
function Tuple(props: ControlProps & { items: readonly Schema[] }) {
  const { items, value, onChange, label } = props;
  const values = Array.isArray(value) ? (value as unknown[]) : items.map(blankOf);
  return (
    <span class="f-tuple">
      {items.map((item, at) => (
        <Control
          key={at}
          {...props}
          id={at === 0 ? props.id : `${props.id}-${at}`}
          label={`${label}, ${at + 1} of ${items.length}`}
          schema={item}
          value={values[at]}
          onChange={(next) => onChange(values.map((one, other) => (other === at ? next : one)))}
        />
      ))}
    </span>
  );
}

/** One of several shapes: which, and then its own control. */
function Variants(props: ControlProps & { variants: readonly Variant[]; nullable: boolean }) {
  const { variants, nullable, value, onChange, label } = props;
  const all: Variant[] = nullable ? [{ text: "–", schema: null, value: null }, ...variants] : [...variants];
  const [chosen, choose] = useState<number | null>(null);
  const fits = (variant: Variant) =>
    variant.schema ? problemOf(variant.schema, value) === null : variant.value === value;
  const found = all.findIndex(fits);
  // A value that fits nothing yet (half typed) stays with the variant that it is typed into.
  const at =
    found >= 0
      ? found
      : (chosen ??
        Math.max(
          0,
          all.findIndex((one) => one.schema !== null),
        ));
  const variant = all[at] as Variant;
  const widget = props.schema["x-widget"];
  return (
    <span class="f-variants">
      <span class="sel caret">
        <select
          id={props.id}
          aria-label={label}
          aria-describedby={props.describedBy}
          value={String(at)}
          onChange={(event) => {
            const next = Number(event.currentTarget.value);
            choose(next);
            onChange(all[next]?.value);
          }}
        >
          {all.map((one, place) => (
            <option key={one.text} value={String(place)}>
              {one.text}
            </option>
          ))}
        </select>
      </span>
      {variant.schema && (
        <Control
          {...props}
          id={`${props.id}-value`}
          label={`${label}, ${variant.text}`}
          schema={widget ? { ...variant.schema, "x-widget": widget } : variant.schema}
        />
      )}
    </span>
  );
}

/** An object of its own rows. */
function Nested({ schema, value, onChange, sources, label, nullable }: ControlProps & { nullable: boolean }) {
  const inner = schema.anyOf?.find((choice) => choice.type === "object") ?? schema;
  const values = (value ?? {}) as Record<string, unknown>;
  if (nullable && value === null)
    return (
      <button type="button" class="btn q" onClick={() => onChange(blankOf({ ...inner }))}>
        Set …
      </button>
    );
  return (
    <fieldset class="f-nested" aria-label={label}>
      <Form
        schema={inner}
        values={values}
        onChange={(name, next) => onChange({ ...values, [name]: next })}
        sources={sources}
      />
      {nullable && (
        <button type="button" class="btn q" onClick={() => onChange(null)}>
          Leave empty
        </button>
      )}
    </fieldset>
  );
}

/** A list of objects, each with a button that takes it out. */
function Objects(props: ControlProps & { item: Schema }) {
  const { item, value, onChange, schema, label } = props;
  const values = Array.isArray(value) ? (value as unknown[]) : [];
  const isFull = values.length >= (schema.maxItems ?? Number.POSITIVE_INFINITY);
  const name = item.title?.toLowerCase() ?? "entry";
  return (
    <div class="f-objects">
      {values.map((one, at) => (
        <div key={at} class="f-object">
          <Control
            {...props}
            id={`${props.id}-${at}`}
            label={`${label}, ${name} ${at + 1}`}
            schema={item}
            value={one}
            onChange={(next) => onChange(values.map((old, other) => (other === at ? next : old)))}
          />
          <button
            type="button"
            class="btn q"
            aria-label={`${label}: take out ${name} ${at + 1}`}
            onClick={() => onChange(values.filter((_, other) => other !== at))}
          >
            Take out
          </button>
        </div>
      ))}
      <button
        id={props.id}
        type="button"
        class="btn q"
        disabled={isFull}
        onClick={() => onChange([...values, blankOf(item)])}
      >
        Add a {name}
      </button>
    </div>
  );
}
