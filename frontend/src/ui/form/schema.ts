/** What a parameter's JSON Schema asks of a person: the shape of its control, and whether a value fits. */

/** The part of JSON Schema that parameters use (cnnviz.contract.params.json_schema), references resolved. */
export interface Schema {
  type?: string;
  title?: string;
  description?: string;
  default?: unknown;
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  minimum?: number;
  maximum?: number;
  exclusiveMinimum?: number;
  exclusiveMaximum?: number;
  minLength?: number;
  maxLength?: number;
  pattern?: string;
  items?: Schema | boolean;
  prefixItems?: Schema[];
  minItems?: number;
  maxItems?: number;
  properties?: Record<string, Schema>;
  required?: string[];
  /** Which picker chooses it: layer, layers, class, channel, units, example, … */
  "x-widget"?: string;
  /** Of the picker `network`: which kind of them. */
  "x-kind"?: string;
  /** Of the same: what an empty one stands for; "newest" is then chosen by name. */
  "x-empty"?: string;
  /** What its number counts: px, s, … */
  "x-unit"?: string;
}

export interface NumberShape {
  kind: "number";
  integer: boolean;
  low: number | null;
  high: number | null;
  /** The bound itself does not fit. */
  lowOpen: boolean;
  highOpen: boolean;
}

export type Shape =
  | { kind: "boolean" }
  | NumberShape
  | { kind: "choice"; values: unknown[] }
  | { kind: "text" }
  | { kind: "tuple"; items: Schema[] }
  | { kind: "list"; item: Schema }
  | { kind: "object"; fields: Record<string, Schema> }
  /** One of several shapes; an enum's values stand each for themselves. */
  | { kind: "variants"; variants: Variant[] }
  /** Anything: written as JSON. */
  | { kind: "any" };

export interface Variant {
  text: string;
  /** null: a value that is said by its text alone. */
  schema: Schema | null;
  value: unknown;
}

/** The shape of a parameter's control, and whether it may be left empty (null). */
export function shapeOf(schema: Schema): { shape: Shape; nullable: boolean } {
  if (!schema.anyOf) return { shape: plainShape(schema), nullable: false };
  const some = schema.anyOf.filter((choice) => choice.type !== "null");
  const nullable = some.length < schema.anyOf.length;
  const only = some.length === 1 ? some[0] : undefined;
  if (only) return { shape: plainShape(only), nullable };
  return { shape: { kind: "variants", variants: variantsOf(some) }, nullable };
}

function plainShape(schema: Schema): Shape {
  if (schema.anyOf) return shapeOf(schema).shape;
  if (schema.enum) return { kind: "choice", values: schema.enum };
  if ("const" in schema) return { kind: "choice", values: [schema.const] };
  switch (schema.type) {
    case "boolean":
      return { kind: "boolean" };
    case "integer":
    case "number":
      return numberShape(schema);
    case "string":
      return { kind: "text" };
    case "array":
      return arrayShape(schema);
    case "object":
      return schema.properties ? { kind: "object", fields: schema.properties } : { kind: "any" };
    default:
      return { kind: "any" };
  }
}

function numberShape(schema: Schema): NumberShape {
  return {
    kind: "number",
    integer: schema.type === "integer",
    low: schema.exclusiveMinimum ?? schema.minimum ?? null,
    high: schema.exclusiveMaximum ?? schema.maximum ?? null,
    lowOpen: schema.exclusiveMinimum !== undefined,
    highOpen: schema.exclusiveMaximum !== undefined,
  };
}

function arrayShape(schema: Schema): Shape {
  if (schema.prefixItems) return { kind: "tuple", items: schema.prefixItems };
  const item = typeof schema.items === "object" ? schema.items : {};
  const isFixed =
    schema.minItems === schema.maxItems && schema.minItems !== undefined && schema.minItems <= 4;
  if (isFixed) return { kind: "tuple", items: Array.from({ length: schema.minItems ?? 0 }, () => item) };
  return { kind: "list", item };
}

function variantsOf(schemas: readonly Schema[]): Variant[] {
  return schemas.flatMap((schema): Variant[] => {
    if (schema.enum) return schema.enum.map((value) => ({ text: String(value), schema: null, value }));
    return [{ text: schema.title?.toLowerCase() ?? wordOf(schema), schema, value: blankOf(schema) }];
  });
}

function wordOf(schema: Schema): string {
  const { shape } = shapeOf(schema);
  const words: Record<string, string> = {
    number: "a number",
    text: "a text",
    tuple: shape.kind === "tuple" ? `${shape.items.length} numbers` : "",
    list: "a list",
    object: "in detail",
    boolean: "yes or no",
  };
  return words[shape.kind] ?? "a value";
}

/** A value to begin with where there is no default. */
export function blankOf(schema: Schema): unknown {
  if (schema.default !== undefined) return schema.default;
  const { shape, nullable } = shapeOf(schema);
  if (nullable) return null;
  switch (shape.kind) {
    case "boolean":
      return false;
    case "number":
      return shape.low === null ? 0 : shape.lowOpen ? shape.low + 1 : shape.low;
    case "choice":
      return shape.values[0];
    case "text":
      return "";
    case "tuple":
      return shape.items.map(blankOf);
    case "list":
      return Array.from({ length: schema.minItems ?? 0 }, () => blankOf(shape.item));
    case "object":
      return Object.fromEntries(Object.entries(shape.fields).map(([name, field]) => [name, blankOf(field)]));
    case "variants":
      return shape.variants[0]?.value ?? null;
    case "any":
      return null;
  }
}

/** What is wrong with a value, as a continuation of "must be"; null when it fits. */
export function problemOf(schema: Schema, value: unknown): string | null {
  if (schema.anyOf) {
    const problems = schema.anyOf.map((choice) => problemOf(choice, value));
    if (problems.includes(null)) return null;
    // The choice of the value's own type says more than "or a list, or nothing".
    const own = schema.anyOf.findIndex((choice) => choice.type !== "null" && typeFits(choice, value));
    return problems[own] ?? [...new Set(problems)].join(" or ");
  }
  if (schema.enum) return schema.enum.includes(value) ? null : `one of ${schema.enum.join(", ")}`;
  if (schema.type === undefined) return null;
  if (!typeFits(schema, value)) return typeWord(schema);
  if (typeof value === "number") return numberProblem(numberShape(schema), value);
  if (typeof value === "string") return textProblem(schema, value);
  if (Array.isArray(value)) return listProblem(schema, value);
  return schema.type === "object" ? objectProblem(schema, value as Record<string, unknown>) : null;
}

function typeFits(schema: Schema, value: unknown): boolean {
  switch (schema.type) {
    case "null":
      return value === null;
    case "integer":
      return Number.isSafeInteger(value);
    case "number":
      return typeof value === "number" && Number.isFinite(value);
    case "array":
      return Array.isArray(value);
    case "object":
      return typeof value === "object" && value !== null && !Array.isArray(value);
    case undefined:
      return schema.enum?.includes(value) ?? true;
    default:
      return typeof value === schema.type;
  }
}

function typeWord(schema: Schema): string {
  const words: Record<string, string> = {
    integer: "a whole number",
    number: "a number",
    boolean: "yes or no",
    string: "a text",
    array: "a list",
    object: "an object",
    null: "empty",
  };
  return words[schema.type ?? ""] ?? "a value";
}

function numberProblem({ low, high, lowOpen, highOpen }: NumberShape, value: number): string | null {
  if (low !== null && (lowOpen ? value <= low : value < low))
    return `${lowOpen ? "more than" : "at least"} ${low}`;
  if (high !== null && (highOpen ? value >= high : value > high))
    return `${highOpen ? "less than" : "at most"} ${high}`;
  return null;
}

function textProblem(schema: Schema, value: string): string | null {
  if (value.length < (schema.minLength ?? 0)) return `at least ${schema.minLength} characters long`;
  if (value.length > (schema.maxLength ?? Number.POSITIVE_INFINITY))
    return `at most ${schema.maxLength} characters long`;
  return null;
}

function listProblem(schema: Schema, value: readonly unknown[]): string | null {
  const { minItems: least = 0, maxItems: most = Number.POSITIVE_INFINITY } = schema;
  if (value.length < least) return least === 1 ? "a list of at least one" : `a list of at least ${least}`;
  if (value.length > most) return `a list of at most ${most}`;
  for (const [at, item] of value.entries()) {
    const inner = schema.prefixItems?.[at] ?? schema.items;
    const problem = typeof inner === "object" ? problemOf(inner, item) : null;
    if (problem) return `a list of which number ${at + 1} is ${problem}`;
  }
  return null;
}

function objectProblem(schema: Schema, value: Record<string, unknown>): string | null {
  for (const name of schema.required ?? []) if (!(name in value)) return `with ${name}`;
  for (const [name, field] of Object.entries(schema.properties ?? {})) {
    const problem = name in value ? problemOf(field, value[name]) : null;
    if (problem) return `with ${name} ${problem}`;
  }
  return null;
}

/** "blur_every" as "Blur every"; a schema's own title goes first. */
export function fieldTitle(name: string, schema: Schema): string {
  if (schema.title && schema.type !== "object") return schema.title;
  const words = name.replaceAll("_", " ");
  return words.slice(0, 1).toUpperCase() + words.slice(1);
}
