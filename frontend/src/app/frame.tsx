/** The frame of the page: top row, step strip, tree, view, inspector; or what stands in their place. */

import { useSignal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import { PATIENCE_MS } from "../api/use_answer";
import type { Live } from "../state/live";
import type { Store } from "../state/store";
import type { View, ViewProps } from "../views/view";
import { Empty } from "./empty";
import { Help } from "./help";
import { bindKeys } from "./keyboard";
import { ModelTree } from "./model_tree";
import { StepStrip } from "./step_strip";
import { TopRow } from "./top_row";
import { Failure, loadView, moduleOf, ViewSlot, viewOf } from "./view_slot";

export function Frame({ store, client, live }: ViewProps & { live: Live }) {
  const help = useSignal(false);
  const toggleHelp = (): void => {
    help.value = !help.value;
  };
  useEffect(() => bindKeys({ store, client }, toggleHelp), [store, client]);
  const view = viewOf(store.view.value);
  useEffect(() => void loadView(view), [view]);
  const state = store.runs.value;
  const hasRuns = state.kind === "ready" && state.runs.some((run) => run.steps > 0);
  const module = moduleOf(view);
  const hasInspector = module !== null && !(module instanceof Error) && module.Inspector !== undefined;
  return (
    <div class={hasRuns && view.alone ? "frame alone" : "frame"}>
      <TopRow
        store={store}
        client={client}
        hasRuns={hasRuns}
        hasTree={!view.alone}
        hasInspector={hasInspector}
        showHelp={toggleHelp}
      />
      {hasRuns ? (
        <>
          {!view.alone && <StepStrip store={store} />}
          <Body store={store} client={client} hasInspector={hasInspector} />
        </>
      ) : (
        <Waiting store={store} live={live} />
      )}
      {help.value && <Help view={view.name} close={toggleHelp} />}
    </div>
  );
}

interface BodyProps extends ViewProps {
  hasInspector: boolean;
}

function Body({ store, client, hasInspector }: BodyProps) {
  const view = viewOf(store.view.value);
  const error = store.a.error.value;
  return (
    <div class={view.alone ? "body alone" : hasInspector ? "body" : "body bare"}>
      {!view.alone && <Left store={store} client={client} view={view} />}
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is to be reached by keyboard */}
      <main class="center" tabIndex={0} aria-label={view.title}>
        {error ? (
          <Failure error={error} />
        ) : store.a.index.value ? (
          <ViewSlot view={view} what="default" store={store} client={client} />
        ) : (
          <Loading what={store.a.run.value ?? "runs"} />
        )}
      </main>
      {hasInspector && (
        <aside
          class={store.drawer.value === "inspector" ? "insp open" : "insp"}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is to be reached by keyboard
          tabIndex={0}
          aria-label="Inspector"
        >
          {store.a.index.value && !error && (
            <ViewSlot view={view} what="Inspector" store={store} client={client} />
          )}
        </aside>
      )}
    </div>
  );
}

/** The left column: the view's own, else the model's layers. */
function Left({ store, client, view }: ViewProps & { view: View }) {
  const module = moduleOf(view);
  const isOpen = store.drawer.value === "tree";
  if (module === null || module instanceof Error || !module.Side || !store.a.index.value)
    return <ModelTree store={store} isOpen={isOpen} />;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a scrolling region is to be reached by keyboard
    <section class={isOpen ? "tree side open" : "tree side"} tabIndex={0} aria-label="Legend">
      <ViewSlot view={view} what="Side" store={store} client={client} />
    </section>
  );
}

/** Says what is waited for, once the wait can be noticed. */
function Loading({ what }: { what: string }) {
  const [isLate, setLate] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setLate(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <p class="notice cap" role="status">
      {isLate && `loading ${what} …`}
    </p>
  );
}

/** Before the first answer nothing; then the empty state, or why there is no answer. */
function Waiting({ store, live }: { store: Store; live: Live }) {
  const state = store.runs.value;
  if (state.kind === "ready") return <Empty store={store} check={() => live.check()} />;
  if (state.kind === "waiting")
    return (
      <main class="center" aria-busy="true">
        <Loading what="runs" />
      </main>
    );
  return (
    <main class="center">
      <Failure error={state.error} retry={() => void live.check()} />
    </main>
  );
}
