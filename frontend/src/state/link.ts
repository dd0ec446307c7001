/** The link: what is looked at, as `p.cnnviz.*` keys in TensorBoard's URL hash; defaults and strangers' keys untouched. */

import { batch, type Signal } from "@preact/signals";
import { draftText } from "./draft";
import type { Store } from "./store";

const PREFIX = "p.cnnviz.";
const PLUGIN = "cnnviz";

interface Field {
  key: string;
  signal: Signal<unknown>;
  initial: unknown;
  parse: (text: string) => unknown;
}

const text = (value: string): string => value;

function whole(value: string): number | undefined {
  return /^-?\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function row(value: string): number | undefined {
  return /^\d{1,15}$/.test(value) ? Number(value) : undefined;
}

function flag(value: string): boolean | undefined {
  return value === "true" ? true : value === "false" ? false : undefined;
}

function number(low: number, high: number): (value: string) => number | undefined {
  return (value) => {
    const parsed = Number(value);
    return value !== "" && parsed >= low && parsed <= high ? parsed : undefined;
  };
}

function oneOf(...values: string[]): (value: string) => string | undefined {
  return (value) => (values.includes(value) ? value : undefined);
}

/** Every field of the store that a link carries; its value at construction is the default. */
function fieldsOf(store: Store): Field[] {
  const field = (key: string, signal: unknown, parse: (text: string) => unknown): Field => {
    const known = signal as Signal<unknown>;
    return { key, signal: known, initial: known.peek(), parse };
  };
  return [
    field("view", store.view, oneOf("overview", "layer", "unit", "image", "embedding", "compare", "jobs")),
    field("runA", store.a.run, text),
    field("runB", store.b.run, text),
    field("stepA", store.a.step, whole),
    field("stepB", store.b.step, whole),
    field("layer", store.layer, text),
    field("ch", store.channel, whole),
    field("img", store.image, whole),
    field("method", store.method, text),
    field("cmap", store.cmap, oneOf("viridis", "magma", "cividis", "grey")),
    field("signed", store.signedCmap, oneOf("bwr", "puor")),
    field("range", store.range, oneOf("channel", "shared")),
    field("gamma", store.gamma, number(0.1, 5)),
    field("sort", store.sort, oneOf("index", "mean", "max", "zeros", "change")),
    field("sortStep", store.sortStep, whole),
    field("opacity", store.opacity, number(0, 1)),
    field("zoom", store.zoom, flag),
    field("percent", store.percent, number(50, 100)),
    field("smooth", store.smooth, number(0, 8)),
    field("grey", store.grey, flag),
    field("overlay", store.overlay, text),
    field("target", store.target, whole),
    field("compare", store.compare, oneOf("side", "flicker", "difference")),
    field("subject", store.subject, oneOf("filters", "activations", "heatmap")),
    field("emb", store.embedding, text),
    field("point", store.point, row),
    field("lay", store.lay, oneOf("map", "pca", "grid")),
    field("draw", store.scatterDraw, oneOf("images", "points", "density")),
    field("colour", store.scatterColour, oneOf("label", "prediction", "error", "loss", "unit")),
    field("unitKey", store.unitKey, text),
    field("unit", store.unit, row),
    field("tag", store.tag, text),
    field("job", store.job, text),
    field("draft", store.draft, draftText),
    field("axis", store.axis, oneOf("step", "time")),
    field("scale", store.scale, oneOf("sqrt", "lin")),
  ];
}

/** Moves whose undoing a person expects from the browser's Back button. */
const PUSHED = new Set(["view", "layer"]);

/** Reads and writes the store as a hash. */
export class Link {
  readonly #fields: Field[];

  constructor(store: Store) {
    this.#fields = fieldsOf(store);
  }

  /** Set the store from a hash; what is absent or malformed takes its default. */
  read(hash: string): void {
    const values = parseHash(hash);
    batch(() => {
      for (const { key, signal, initial, parse } of this.#fields) {
        const value = values.get(key);
        signal.value = (value === undefined ? undefined : parse(value)) ?? initial;
      }
    });
  }

  /** `hash` with our keys brought up to date and everything else kept. Subscribes to every field. */
  write(hash: string): string {
    const ours = new Map<string, string>();
    for (const { key, signal, initial } of this.#fields)
      if (signal.value !== initial && signal.value !== null) ours.set(key, String(signal.value));
    return formatHash(hash, ours, new Set(this.#fields.map((field) => field.key)));
  }

  /** True when going from one hash to the other should be a step of its own in the history. */
  static isMove(from: string, to: string): boolean {
    const [before, after] = [parseHash(from), parseHash(to)];
    const differs = (key: string) => before.get(key) !== after.get(key);
    // Each unit has a page of its own.
    return [...PUSHED].some(differs) || (after.get("view") === "unit" && differs("ch"));
  }
}

/** The values of our keys in a hash such as `#cnnviz&p.cnnviz.view=layer`. */
export function parseHash(hash: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const token of hash.replace(/^#/, "").split("&")) {
    const [name = "", ...rest] = token.split("=");
    if (name.startsWith(PREFIX)) values.set(name.slice(PREFIX.length), decode(rest.join("=")));
  }
  return values;
}

/** Tokens of `hash` without our `keys`, then the `values`; keys that we do not know stay. */
function formatHash(hash: string, values: Map<string, string>, keys: Set<string>): string {
  const tokens = hash.replace(/^#/, "").split("&").filter(Boolean);
  const kept = tokens.filter((token) => {
    const name = token.split("=")[0] ?? "";
    return !name.startsWith(PREFIX) || !keys.has(name.slice(PREFIX.length));
  });
  if (!isOurs(hash)) kept.unshift(PLUGIN);
  for (const [key, value] of values) kept.push(`${PREFIX}${key}=${encode(value)}`);
  return `#${kept.join("&")}`;
}

/** True when the hash says that our tab is open. */
export function isOurs(hash: string): boolean {
  return hash.replace(/^#/, "").split("&")[0] === PLUGIN;
}

/** Percent-encoded, but with `/`, `:` and `,` readable: run and layer names are full of them. */
function encode(value: string): string {
  return encodeURIComponent(value).replace(/%(2F|3A|2C)/g, decodeURIComponent);
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return value;
  }
}
