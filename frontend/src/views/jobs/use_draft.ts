/** The form's state: the draft in the link, the method's card, and what its pickers choose from. */

import { useMemo } from "preact/hooks";
import type { InputAsk, JobAsk, Layer, MethodCard, RunIndex } from "../../api/types";
import { weightsFor } from "../../state/checkpoints";
import { type Draft, formatDraft, freshDraft, parseDraft, withDefaults } from "../../state/draft";
import type { Store } from "../../state/store";
import type { Schema } from "../../ui/form/schema";
import type { Sources } from "../../ui/form/sources";
import { examplePixels, exampleTitle, useExamples } from "../records/examples";
import type { ViewProps } from "../view";
import { makersOf, networksOf } from "./networks";
import { compose, itemsOf, rolesOf } from "./roles";

const LONGEST_NAME = 60;

export interface DraftState {
  draft: Draft;
  card: MethodCard;
  /** Every parameter, defaults filled in. */
  values: Record<string, unknown>;
  update: (change: Partial<Draft>) => void;
  /** The method that the link asks for, where there is none of that name. */
  unknown: string | null;
}

/** null while there is no catalogue. */
export function useDraft(store: Store): DraftState | null {
  const cards = store.catalogue.value?.catalogue?.methods ?? [];
  const held = parseDraft(store.draft.value);
  const asked = cards.find((one) => one.name === held?.method);
  const card = asked ?? firstCard(cards);
  if (!card) return null;
  const draft = held?.method === card.name ? held : freshDraft(card.name);
  const update = (change: Partial<Draft>): void => {
    store.draft.value = formatDraft({ ...draft, ...change });
  };
  const unknown = held && !asked ? held.method.slice(0, LONGEST_NAME) : null;
  return { draft, card, values: withDefaults(card, draft.params), update, unknown };
}

function firstCard(cards: readonly MethodCard[]): MethodCard | undefined {
  return cards.find((card) => card.kind === "images") ?? cards[0];
}

/** What the pickers choose from: run A's layers, classes, examples and trained networks. */
export function useSources({ store, client }: ViewProps): Sources {
  const index = store.a.index.value;
  const examples = useExamples(client, store.a);
  const cards = store.catalogue.value?.catalogue?.methods;
  const jobs = store.jobs.value;
  return useMemo(() => {
    const count = index?.examples?.count ?? 0;
    const shown = Array.from({ length: count }, (_, image) => ({
      title: exampleTitle(index, image),
      pixels: examplePixels(examples, image),
    }));
    return {
      layers: layersOf(index).map(({ name, kind, shape }) => ({
        name,
        note: [kind, shape.join("×")].filter(Boolean).join(" · "),
        channels: shape[0] ?? null,
      })),
      classes: classesOf(index),
      methods: (cards ?? []).filter((card) => card.kind === "heatmap").map((card) => card.name),
      examples: shown,
      networks: networksOf({ store, client }, shown),
      makers: makersOf(store),
      styles: [],
    };
  }, [index, examples, cards, jobs]);
}

/** Every layer that gives a tensor, blocks of several included, in forward order. */
function layersOf(index: RunIndex | null): Layer[] {
  return (index?.layers ?? []).filter(({ name, shape }) => name !== "" && shape.length > 0);
}

/** Names of the classes, else numbers for as many as the last layer has units. */
function classesOf(index: RunIndex | null): string[] {
  const names = index?.examples?.class_names;
  if (names?.length) return names;
  const last = index?.layers.findLast((layer) => !layer.container && layer.shape.length === 1);
  return Array.from({ length: last?.shape[0] ?? 0 }, (_, at) => `class ${at}`);
}

/** The checkpoint a draft takes: the one chosen, else that of the step looked at. */
export function stepOf(draft: Draft, store: Store): number | null {
  const index = store.a.index.value;
  if (draft.step !== undefined || !index) return draft.step ?? null;
  return weightsFor(index, store.a.step.value === null ? null : store.a.shown.value).step;
}

/** The request that the form stands for. */
export function askOf({ draft, card, values }: DraftState, store: Store, run: string): JobAsk {
  const roles = rolesOf(card.schema as Schema);
  // What the picker shows is what is asked for: parts that follow from the order are named as well.
  const items = itemsOf(roles, values, draft.examples, store.ownInputs.value);
  const { params } = items.length > 0 ? compose(roles, items) : { params: {} };
  const named = Object.entries({ ...draft.params, ...params }).filter(([, value]) => value !== undefined);
  const blank: InputAsk = { data: null, job: null, image: 0, own: null };
  const inputs = store.ownInputs.value.map(({ input }) => ({ ...blank, ...input }));
  return { ...draft, params: Object.fromEntries(named), run, step: stepOf(draft, store), inputs };
}
