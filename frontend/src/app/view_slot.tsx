/** Centre and inspector: the module of the view, loaded once, each column failing alone. */

import { signal } from "@preact/signals";
import { Component, type ComponentChildren, type ComponentType } from "preact";
import type { ViewName } from "../state/store";
import { VIEWS, type View, type ViewModule, type ViewProps } from "../views/view";
import { showStyle } from "./style";

const modules = signal<ReadonlyMap<ViewName, ViewModule | Error>>(new Map());
const loading = new Map<ViewName, Promise<void>>();

/** Begin to load a view's module; safe to call often. */
export function loadView(view: View): Promise<void> {
  const known = loading.get(view.name);
  if (known) return known;
  const keep = (module: ViewModule | Error): void => {
    modules.value = new Map(modules.value).set(view.name, module);
  };
  const promise = view.load().then(keep, (error: unknown) => {
    loading.delete(view.name);
    keep(error instanceof Error ? error : new Error(String(error)));
  });
  loading.set(view.name, promise);
  return promise;
}

/** The view of that name, or the first one when a link names a view that is not there. */
export function viewOf(name: ViewName): View {
  return VIEWS.find((view) => view.name === name) ?? (VIEWS[0] as View);
}

/** The loaded module; null while it loads. Subscribes the caller. */
export function moduleOf(view: View): ViewModule | Error | null {
  return modules.value.get(view.name) ?? null;
}

interface SlotProps extends ViewProps {
  view: View;
  what: "default" | "Inspector" | "Side";
}

export function ViewSlot({ view, what, store, client }: SlotProps) {
  const module = moduleOf(view);
  if (module === null) return null;
  if (module instanceof Error)
    return (
      <Failure
        error={new Error(`the ${view.title} view could not be loaded: ${module.message}`)}
        retry={() => void loadView(view)}
      />
    );
  showStyle(module.styles ?? "");
  const Content: ComponentType<ViewProps> | undefined = module[what];
  return Content ? (
    <Guard key={view.name}>
      <Content store={store} client={client} />
    </Guard>
  ) : null;
}

/** What a column shows when its view throws, instead of taking the page with it. */
class Guard extends Component<{ children: ComponentChildren }, { error: Error | null }> {
  override state = { error: null };

  override componentDidCatch(error: unknown): void {
    this.setState({ error: error instanceof Error ? error : new Error(String(error)) });
  }

  override render() {
    const { error } = this.state;
    return error ? (
      <Failure error={error} retry={() => this.setState({ error: null })} />
    ) : (
      this.props.children
    );
  }
}

export function Failure({ error, retry }: { error: Error; retry?: () => void }) {
  return (
    <div class="notice" role="alert">
      <span class="bad">▲</span> {error.message}
      {retry && (
        <button type="button" class="btn" style={{ marginLeft: "8px" }} onClick={retry}>
          Try again
        </button>
      )}
    </div>
  );
}
