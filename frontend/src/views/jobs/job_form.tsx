/** The form of the chosen method, and the button that asks for the job. */

import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { ApiError } from "../../api/client";
import { submit } from "../../state/jobs";
import type { Store } from "../../state/store";
import { Form, problems } from "../../ui/form/form";
import { withoutNetwork } from "../../ui/form/misfit";
import { fieldTitle, type Schema } from "../../ui/form/schema";
import type { ExampleSource, Sources } from "../../ui/form/sources";
import type { ViewProps } from "../view";
import { nameOf, PicturesField } from "./pictures_field";
import { PresetBar } from "./preset_bar";
import { costOf, costSentence } from "./recipes";
import { itemsOf, type Roles, roleNames, rolesOf } from "./roles";
import { DeviceField, SeedField, StepField } from "./scene_fields";
import { askOf, type DraftState, useSources } from "./use_draft";

interface Refusal {
  message: string;
  field: string | undefined;
}

/** Fields of a request that are no parameters, and have rows of their own. */
const SCENE = ["step", "examples", "inputs", "seed", "device"];

export function JobForm({ store, client, state }: ViewProps & { state: DraftState }) {
  const sources = useSources({ store, client });
  const [help, setHelp] = useState<string | null>(null);
  useEffect(() => setHelp(null), [state.card.name]);
  const asking = useAsking({ store, client }, state, sources);
  const { card, draft, values, update } = state;
  const { refusal } = asking;
  const schema = card.schema as Schema;
  const roles = rolesOf(schema);
  const named = roleNames(roles);
  const isParam =
    refusal?.field !== undefined &&
    refusal.field in (schema.properties ?? {}) &&
    !named.includes(refusal.field);
  const at = (...fields: string[]) =>
    !isParam && refusal && fields.includes(refusal.field ?? "") ? refusal.message : undefined;
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: a key for the whole form, beside its button
    <div
      class="job-form"
      onKeyDown={(event) => {
        if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
        event.preventDefault();
        asking.run();
      }}
    >
      <div class="job-fields">
        <div class="row">
          <h1 class="clip">{card.title}</h1>
          <span class="cap clip grow r">on {store.a.run.value}</span>
        </div>
        <PresetBar key={card.name} state={state} />
        <StepField store={store} state={state} refusal={at("step")} />
        <PicturesField
          key={`pictures of ${card.name}`}
          {...{ store, client, state, roles, sources }}
          refusal={at("examples", "inputs", ...named)}
        />
        <Form
          key={card.name}
          schema={without(schema, named)}
          values={values}
          sources={{ ...sources, styles: stylesOf({ store, state, roles, sources }) }}
          refusals={isParam ? { [refusal.field as string]: refusal.message } : {}}
          onHelp={setHelp}
          onChange={(name, value) => {
            const { [name]: _, ...others } = draft.params;
            const isDefault = JSON.stringify(value) === JSON.stringify(schema.properties?.[name]?.default);
            update({ params: isDefault ? others : { ...others, [name]: value } });
          }}
        />
        <SeedField state={state} refusal={at("seed")} />
        <DeviceField store={store} state={state} refusal={at("device")} />
      </div>
      <Footer store={store} state={state} help={help} asking={asking} isPlaced={isPlaced(refusal, schema)} />
    </div>
  );
}

/** The schema without parameters that have no row of their own. */
function without(schema: Schema, names: readonly string[]): Schema {
  const kept = Object.entries(schema.properties ?? {}).filter(([name]) => !names.includes(name));
  return { ...schema, properties: Object.fromEntries(kept) };
}

interface StylesProps {
  store: Store;
  state: DraftState;
  roles: Roles;
  sources: Sources;
}

/** The pictures that the form mixes. */
function stylesOf({ store, state, roles, sources }: StylesProps): ExampleSource[] {
  const { draft, values } = state;
  return itemsOf(roles, values, draft.examples, store.ownInputs.value)
    .filter(({ role }) => role !== null && role === roles.many)
    .map(({ picture }) => ({
      title: nameOf(picture, sources),
      pixels: picture.kind === "example" ? (sources.examples[picture.row]?.pixels ?? null) : null,
      ...(picture.kind === "own" ? { url: picture.own.url } : {}),
    }));
}

function isPlaced(refusal: Refusal | null, schema: Schema): boolean {
  const field = refusal?.field;
  return field !== undefined && (field in (schema.properties ?? {}) || SCENE.includes(field));
}

interface Asking {
  refusal: Refusal | null;
  isAsking: boolean;
  /** Why nothing can be asked for now; empty when it can. */
  why: string;
  /** What came of it. */
  said: string;
  run: () => void;
}

/** Asking for the job, and what was answered. */
function useAsking({ store, client }: ViewProps, state: DraftState, sources: Sources): Asking {
  const refusal = useSignal<Refusal | null>(null);
  const isAsking = useSignal(false);
  const said = useSignal("");
  // What was said holds for the request as it was.
  useEffect(() => {
    refusal.value = null;
    said.value = "";
  }, [store.draft.value, store.ownInputs.value]);
  const why = whyNot(store, state, sources);
  const run = async (): Promise<void> => {
    const name = store.a.run.peek();
    if (why || isAsking.peek() || name === null) return;
    isAsking.value = true;
    refusal.value = null;
    said.value = "";
    try {
      const { job, existing } = await submit(store, client, askOf(state, store, name));
      store.job.value = job.request.id;
      if (existing) said.value = existingText(job.status.state);
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      refusal.value = { message, field: error instanceof ApiError ? error.field : undefined };
    } finally {
      isAsking.value = false;
    }
  };
  return {
    refusal: refusal.value,
    isAsking: isAsking.value,
    why,
    said: said.value,
    run: () => void run(),
  };
}

function isMac(): boolean {
  return /Mac|iP(hone|ad)/.test(navigator.platform);
}

function existingText(state: string): string {
  return state === "done"
    ? "Asked for before: this is the finished job"
    : "Asked for before: this is the job under way";
}

/** Why no job can be asked for; empty when one can. */
function whyNot(store: Store, { card, values }: DraftState, sources: Sources): string {
  const { jobs, reason } = store.session.value ?? { jobs: false, reason: "" };
  const model = store.a.index.value?.model;
  if (!jobs) return reason || "The server has not said yet whether it takes jobs";
  if (model?.captured === "hooks")
    return "This model was recorded by hooks, not as a graph: jobs need the graph";
  const [lacking] = withoutNetwork(card.schema as Schema, sources);
  if (lacking !== undefined) return `${fieldTitle(lacking, {})}: there is none yet, train one first`;
  const wrong = Object.entries(problems(card.schema as Schema, values))[0];
  return wrong ? `${fieldTitle(wrong[0], {})} ${wrong[1]}` : "";
}

interface FooterProps {
  store: Store;
  state: DraftState;
  help: string | null;
  asking: Asking;
  isPlaced: boolean;
}

/** Help of the row at hand, what it costs, and the button; its height does not depend on what is said. */
function Footer({ store, state, help, asking, isPlaced: isSaidAtField }: FooterProps) {
  const cost = costOf(store.jobs.value, state.card.name, store.a.run.value, state.values.iterations);
  const refusal = asking.refusal && !isSaidAtField ? asking.refusal.message : "";
  const bad = refusal || asking.why;
  return (
    <div class="job-foot">
      <p class={bad ? "cap bad" : "cap"} role={refusal ? "alert" : undefined}>
        {bad ? `▲ ${bad}` : asking.said || help || ""}
      </p>
      <div class="row">
        <span class="cap grow clip">{cost && costSentence(cost)}</span>
        <button
          type="button"
          class="btn p"
          disabled={asking.why !== "" || asking.isAsking}
          onClick={asking.run}
        >
          Run{" "}
          <span aria-hidden="true" class="run-keys">
            {isMac() ? "⌘↵" : "Ctrl ↵"}
          </span>
          <span class="unseen"> {state.card.title}</span>
        </button>
      </div>
      <span class="unseen" role="status">
        {asking.said}
      </span>
    </div>
  );
}
