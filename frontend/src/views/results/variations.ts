/** One parameter of a request varied: what may vary, and which values are offered. */

import type { Draft } from "../../api/jobs";
import type { JobRequest, JobView, MethodCard, RunIndex } from "../../api/types";
import { checkpointSteps } from "../../state/checkpoints";
import { spread } from "../../ui/film_strip";

/** What varies beside parameters, which go by their names. */
export const STEP = "@step";
export const SEED = "@seed";

/** Jobs that one variation asks for at most. */
export const MOST_VALUES = 32;

/** One thing that can be varied. */
export interface Variable {
  /** Name of the parameter, or STEP or SEED. */
  by: string;
  title: string;
  help: string;
  /** All there are, where they can be listed; null where they are typed. */
  choices: unknown[] | null;
  /** Offered at first; the request's own value is among them. */
  offered: unknown[];
  /** Read a typed value. Throws an Error that says what was expected. */
  parse: (text: string) => unknown;
}

interface Field {
  type?: string;
  description?: string;
  enum?: unknown[];
  anyOf?: Field[];
  items?: Field | boolean;
  prefixItems?: Field[];
  minItems?: number;
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  default?: unknown;
  "x-widget"?: string;
}

/** The parameters of a method, by name. */
export function fieldsOf(card: MethodCard): Record<string, Field> {
  return (card.schema.properties ?? {}) as Record<string, Field>;
}

/** Results that only read the network, without random numbers. */
const PLAIN_KINDS = ["kernels", "feature_maps", "layer_table", "scores"];

/** Whether a method's results may depend on the seed. */
export function hasChance(card: MethodCard | undefined): boolean {
  return card !== undefined && !PLAIN_KINDS.includes(card.kind);
}

/** A parameter's or STEP's or SEED's value in a request. */
export function valueIn(request: JobRequest, by: string): unknown {
  if (by === STEP) return request.step;
  return by === SEED ? request.seed : request.params[by];
}

/** Everything about a request that can be varied, parameters first. */
export function variables(card: MethodCard, request: JobRequest, index: RunIndex | null): Variable[] {
  const found: Variable[] = [];
  for (const [name, field] of Object.entries(fieldsOf(card))) {
    const variable = parameter(name, field, card, request, index);
    if (variable) found.push(variable);
  }
  const steps = index ? checkpointSteps(index) : [];
  if (steps.length > 1)
    found.push({
      by: STEP,
      title: "step",
      help: `Over training: the same request at several of the ${steps.length} checkpoints.`,
      choices: steps,
      offered: withOwn(spread(steps, 8), request.step),
      parse: (text) => number(text, { type: "integer" }),
    });
  if (!hasChance(card)) return found;
  found.push({
    by: SEED,
    title: "seed",
    help: "Other random numbers: what stays is the network's, what changes is chance.",
    choices: null,
    offered: Array.from({ length: 6 }, (_, at) => request.seed + at),
    parse: (text) => number(text, { type: "integer", minimum: 0 }),
  });
  return found;
}

function parameter(
  name: string,
  field: Field,
  card: MethodCard,
  request: JobRequest,
  index: RunIndex | null,
): Variable | null {
  const own = request.params[name] ?? field.default ?? null;
  const about = { by: name, title: name.replaceAll("_", " "), help: field.description ?? "" };
  const widget = field["x-widget"];
  if (widget === "layer" || widget === "layers") {
    const wrap = (layer: string) => (widget === "layers" ? [layer] : layer);
    const layers = mapLayers(index);
    if (layers.length < 2) return null;
    const parse = (text: string) => wrap(among(text, layers));
    const offered = withOwn(spread(layers, 6).map(wrap), isEmpty(own) ? null : own);
    return { ...about, choices: layers.map(wrap), offered, parse };
  }
  const kinds = (field.anyOf ?? [field]).filter((kind) => kind.type !== "null");
  const [kind] = kinds;
  if (kinds.length !== 1 || !kind) return null;
  const choices = kind.enum ?? (kind.type === "boolean" ? [false, true] : null);
  if (choices) return { ...about, choices, offered: choices, parse: (text) => among(text, choices) };
  if (isNumber(kind)) {
    const offered = numbersAround(own, kind, presetValues(card, name));
    return { ...about, choices: null, offered, parse: (text) => number(text, kind) };
  }
  const items = typeof kind.items === "object" ? kind.items : null;
  if (kind.type === "array" && items && isNumber(items) && !kind.prefixItems && (kind.minItems ?? 0) > 0) {
    // Of several at once there is no one to vary.
    if (!Array.isArray(own) || own.length !== 1) return null;
    const first = typeof own[0] === "number" ? own[0] : 0;
    const offered = Array.from({ length: 6 }, (_, at) => [first + at]);
    return { ...about, choices: null, offered, parse: (text) => [number(text, items)] };
  }
  return null;
}

function isNumber(field: Field): boolean {
  return field.type === "integer" || field.type === "number";
}

function isEmpty(value: unknown): boolean {
  return value === null || value === undefined || (Array.isArray(value) && value.length === 0);
}

/** Names of the layers that give maps, in forward order. */
function mapLayers(index: RunIndex | null): string[] {
  return (index?.layers ?? [])
    .filter((layer) => !layer.container && layer.shape.length === 3)
    .map((layer) => layer.name);
}

/** Values with the request's own among them, in order where they are numbers. */
function withOwn(values: readonly unknown[], own: unknown): unknown[] {
  const known = new Set(values.map(textOf));
  if (own === null || known.has(textOf(own))) return [...values];
  const all = [...values, own];
  return all.every((value) => typeof value === "number") ? (all as number[]).sort((a, b) => a - b) : all;
}

/** A parameter's values in the method's presets. */
function presetValues(card: MethodCard, name: string): number[] {
  return card.presets
    .map((preset) => preset.params[name])
    .filter((value): value is number => typeof value === "number");
}

/** A quarter to four times the value; of zero, which has no scale, what the presets take, else small ones. */
function numbersAround(own: unknown, field: Field, presets: readonly number[]): number[] {
  const value = typeof own === "number" ? own : typeof field.default === "number" ? field.default : 0;
  const scale = value || Math.max(0, ...presets) || (field.type === "integer" ? 4 : (field.maximum ?? 1) / 4);
  const factors = value ? [0.25, 0.5, 1, 2, 4] : [0, 0.25, 0.5, 1, 2];
  const fitting = factors
    .map((factor) =>
      field.type === "integer" ? Math.round(scale * factor) : Number((scale * factor).toPrecision(6)),
    )
    .filter((one) => misfit(one, field) === null);
  return [...new Set([...fitting, value])].sort((a, b) => a - b);
}

function misfit(value: number, field: Field): string | null {
  if (!Number.isFinite(value)) return "a number";
  if (field.type === "integer" && !Number.isInteger(value)) return "a whole number";
  if (field.minimum !== undefined && value < field.minimum) return `at least ${field.minimum}`;
  if (field.maximum !== undefined && value > field.maximum) return `at most ${field.maximum}`;
  if (field.exclusiveMinimum !== undefined && value <= field.exclusiveMinimum)
    return `more than ${field.exclusiveMinimum}`;
  if (field.exclusiveMaximum !== undefined && value >= field.exclusiveMaximum)
    return `less than ${field.exclusiveMaximum}`;
  return null;
}

function number(text: string, field: Field): number {
  const value = text.trim() === "" ? Number.NaN : Number(text.replace("\u2212", "-"));
  const expected = misfit(value, field);
  if (expected) throw new Error(`expected ${expected}, got “${text.trim()}”`);
  return value;
}

function among<T>(text: string, choices: readonly T[]): T {
  const found = choices.find((choice) => textOf(choice) === text.trim());
  if (found === undefined)
    throw new Error(`expected one of ${choices.map(textOf).join(", ")}, got “${text}”`);
  return found;
}

/** Read values separated by commas or spaces; each once, in the order given. */
export function parseValues(variable: Variable, text: string): unknown[] {
  const parts = text.split(/[\s,;]+/).filter(Boolean);
  const values = new Map(parts.map((part) => [part, variable.parse(part)]));
  return [...new Map([...values.values()].map((value) => [textOf(value), value])).values()];
}

/** A value as it stands under its picture. */
export function textOf(value: unknown): string {
  if (value === null || value === undefined) return "none";
  if (Array.isArray(value)) return value.length ? value.map(textOf).join(", ") : "none";
  return typeof value === "object" ? JSON.stringify(value) : String(value);
}

/** The same request as `job` with another value; its own pictures are to be added. */
export function varied(job: JobView, by: string, value: unknown): Draft {
  const { run, request } = job;
  const { method, params, step, examples, seed } = request;
  const draft: Draft = { run, method, params, step, examples, seed };
  if (by === STEP) return { ...draft, step: value as number | null };
  if (by === SEED) return { ...draft, seed: value as number };
  return { ...draft, params: { ...params, [by]: value } };
}
