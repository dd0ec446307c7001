/** What the form of the jobs view holds; it lies in the link, so that a prepared job can be sent to someone. */

import { batch } from "@preact/signals";
import type { Draft as JobDraft } from "../api/jobs";
import type { MethodCard } from "../api/types";
import type { Store } from "./store";

/** Without the run (run A's) and without own pictures; `params` are those that differ from their defaults. */
export interface Draft {
  method: string;
  params: Record<string, unknown>;
  /** A step with a checkpoint; null for the weights stored with the graph; absent for the step looked at. */
  step?: number | null;
  examples: number[];
  seed: number;
  device: string | null;
}

const LONGEST = 20_000;

/** The text of a link as a draft; undefined when it is none. */
export function parseDraft(text: string | null): Draft | undefined {
  if (text === null || text.length > LONGEST) return undefined;
  let given: unknown;
  try {
    given = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isRecord(given) || typeof given.method !== "string") return undefined;
  const { method, params, step, examples, seed, device } = given;
  return {
    method,
    params: isRecord(params) ? params : {},
    examples: Array.isArray(examples) ? examples.filter(isIndex) : [],
    seed: isIndex(seed) ? seed : 0,
    device: typeof device === "string" ? device : null,
    ...(step === null || isIndex(step) ? { step } : {}),
  };
}

/** For the link: the text itself if it is a draft. */
export function draftText(text: string): string | undefined {
  return parseDraft(text) ? text : undefined;
}

/** The draft as text, defaults left out. */
export function formatDraft(draft: Draft): string {
  const { method, params, step, examples, seed, device } = draft;
  return JSON.stringify({
    method,
    params: Object.keys(params).length ? params : undefined,
    step,
    examples: examples.length ? examples : undefined,
    seed: seed || undefined,
    device: device ?? undefined,
  });
}

export function freshDraft(method: string): Draft {
  return { method, params: {}, examples: [], seed: 0, device: null };
}

/** What the forms of other methods held, to come back to. */
const laidAside = new WeakMap<Store, Map<string, Draft>>();

/** Open another method's form: as it was left, or empty but for the pictures and weights chosen already. */
export function chooseMethod(store: Store, method: string): void {
  const now = parseDraft(store.draft.peek());
  if (now?.method === method) return;
  const others = laidAside.get(store) ?? new Map<string, Draft>();
  laidAside.set(store, others);
  if (now) others.set(now.method, now);
  const { examples = [], step } = now ?? {};
  const fresh = { ...freshDraft(method), examples, ...(step === undefined ? {} : { step }) };
  store.draft.value = formatDraft(others.get(method) ?? fresh);
}

/** Params without those that are at their default. */
export function withoutDefaults(card: MethodCard | undefined, params: Record<string, unknown>) {
  const fields = (card?.schema.properties ?? {}) as Record<string, { default?: unknown }>;
  const kept = Object.entries(params).filter(
    ([name, value]) => JSON.stringify(value) !== JSON.stringify(fields[name]?.default),
  );
  return Object.fromEntries(kept);
}

/** Every parameter: what is given, else its default. */
export function withDefaults(card: MethodCard, params: Record<string, unknown>): Record<string, unknown> {
  const fields = (card.schema.properties ?? {}) as Record<string, { default?: unknown }>;
  const all: Record<string, unknown> = {};
  for (const [name, field] of Object.entries(fields))
    if (name in params || "default" in field) all[name] = name in params ? params[name] : field.default;
  return all;
}

/** Open the jobs view with the form filled in; nothing is asked for yet. */
export function openDraft(store: Store, draft: Partial<JobDraft> & { method: string }): void {
  const { run, method, params = {}, step, examples = [], seed = 0, device = null } = draft;
  const card = store.catalogue.peek()?.catalogue?.methods.find((one) => one.name === method);
  const held: Draft = { method, params: withoutDefaults(card, params), examples, seed, device };
  batch(() => {
    if (run !== undefined) store.a.run.value = run;
    store.draft.value = formatDraft(step === undefined ? held : { ...held, step });
    store.view.value = "jobs";
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function isIndex(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
