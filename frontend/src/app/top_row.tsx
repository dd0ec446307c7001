/** The one row at the top: runs, views, search, news of the connection, theme, help. */

import type { ComponentChildren } from "preact";
import { toggleTheme } from "../state/host";
import type { Store } from "../state/store";
import { VIEWS, type ViewProps } from "../views/view";
import { useNow } from "./empty";
import { InspectorIcon, LayersIcon, ThemeIcon } from "./icons";
import { JobBadge } from "./job_badge";
import { RunPicker } from "./run_picker";
import { Search } from "./search";
import { viewOf } from "./view_slot";

interface TopRowProps extends ViewProps {
  hasRuns: boolean;
  hasTree: boolean;
  hasInspector: boolean;
  showHelp: () => void;
}

export function TopRow({ store, client, hasRuns, hasTree, hasInspector, showHelp }: TopRowProps) {
  return (
    <header class="top">
      {hasRuns && hasTree && (
        <DrawerButton store={store} which="tree" label="Layers">
          <LayersIcon />
        </DrawerButton>
      )}
      <div class="runs">
        {hasRuns ? (
          <>
            <RunPicker store={store} side={store.a} />
            <RunPicker store={store} side={store.b} />
          </>
        ) : (
          <span class="t">no runs yet</span>
        )}
      </div>
      {hasRuns && <Views store={store} />}
      <div class="top-end">
        <Connection store={store} />
        {hasRuns && <Search store={store} client={client} />}
        <JobBadge store={store} />
        <IconButton label="Theme" title="Light or dark" press={() => toggleTheme(store)}>
          <ThemeIcon />
        </IconButton>
        <IconButton label="Keyboard help" title="Keyboard" press={showHelp}>
          <kbd>?</kbd>
        </IconButton>
        {hasRuns && hasInspector && (
          <DrawerButton store={store} which="inspector" label="Inspector">
            <InspectorIcon />
          </DrawerButton>
        )}
      </div>
    </header>
  );
}

function Views({ store }: { store: Store }) {
  const current = viewOf(store.view.value).name;
  return (
    <nav class="views" aria-label="Views">
      {VIEWS.map((view) => (
        <button
          key={view.name}
          type="button"
          class={view.name === current ? "on" : ""}
          aria-current={view.name === current ? "page" : undefined}
          title={`g ${view.key}`}
          onClick={() => {
            store.view.value = view.name;
          }}
        >
          {view.title}
        </button>
      ))}
    </nav>
  );
}

interface IconButtonProps {
  label: string;
  title: string;
  press: () => void;
  children: ComponentChildren;
}

function IconButton({ label, title, press, children }: IconButtonProps) {
  return (
    <button type="button" class="icon" aria-label={label} title={title} onClick={press}>
      {children}
    </button>
  );
}

interface DrawerButtonProps {
  store: Store;
  which: "tree" | "inspector";
  label: string;
  children: ComponentChildren;
}

/** Seen only where the page is too narrow for that column. */
function DrawerButton({ store, which, label, children }: DrawerButtonProps) {
  const isOpen = store.drawer.value === which;
  return (
    <button
      type="button"
      class={`icon drawer-button for-${which}`}
      aria-label={label}
      aria-expanded={isOpen}
      onClick={() => {
        store.drawer.value = isOpen ? null : which;
      }}
    >
      {children}
    </button>
  );
}

/** A failed poll means "reconnecting", never "gone": what is shown stays. */
function Connection({ store }: { store: Store }) {
  const since = store.silentSince.value;
  return <span role="status">{since === null ? null : <Reconnecting since={since} />}</span>;
}

function Reconnecting({ since }: { since: number }) {
  const seconds = Math.max(0, Math.round((useNow() - since) / 1000));
  return (
    <span class="news warn">
      reconnecting… <span aria-hidden="true">last update {seconds} s ago</span>
    </span>
  );
}
