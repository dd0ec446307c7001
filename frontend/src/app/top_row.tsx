/** The one row at the top: runs, views, search, news of the connection, theme, help. */

import type { Store } from "../state/store";
import { VIEWS } from "../views/view";
import { useNow } from "./empty";
import { InspectorIcon, LayersIcon, ThemeIcon } from "./icons";
import { toggleTheme } from "./keyboard";
import { RunPicker } from "./run_picker";
import { Search } from "./search";
import { viewOf } from "./view_slot";

interface TopRowProps {
  store: Store;
  hasRuns: boolean;
  hasInspector: boolean;
  showHelp: () => void;
}

export function TopRow({ store, hasRuns, hasInspector, showHelp }: TopRowProps) {
  const current = viewOf(store.view.value).name;
  return (
    <header class="top">
      {hasRuns && (
        <button
          type="button"
          class="icon drawer-button for-tree"
          style={{ alignSelf: "center", marginLeft: "8px" }}
          aria-label="Layers"
          aria-expanded={store.drawer.value === "tree"}
          onClick={() => toggleDrawer(store, "tree")}
        >
          <LayersIcon />
        </button>
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
      {hasRuns && (
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
      )}
      <div class="top-end">
        <Connection store={store} />
        {hasRuns && <Search store={store} />}
        <button
          type="button"
          class="icon"
          aria-label="Theme"
          title="Light or dark"
          onClick={() => toggleTheme(store)}
        >
          <ThemeIcon />
        </button>
        <button type="button" class="icon" aria-label="Keyboard help" title="Keyboard" onClick={showHelp}>
          <kbd>?</kbd>
        </button>
        {hasRuns && hasInspector && (
          <button
            type="button"
            class="icon drawer-button for-insp"
            aria-label="Inspector"
            aria-expanded={store.drawer.value === "inspector"}
            onClick={() => toggleDrawer(store, "inspector")}
          >
            <InspectorIcon />
          </button>
        )}
      </div>
    </header>
  );
}

function toggleDrawer(store: Store, which: "tree" | "inspector"): void {
  store.drawer.value = store.drawer.value === which ? null : which;
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
