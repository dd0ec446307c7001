/** The frame's keys (after the Deep Visualization Toolbox); a view adds its own. */

import { lookAt, moveLayer, moveStep, toggleFollow, togglePlay } from "../state/moves";
import type { Store, ViewName } from "../state/store";
import { type KeyBinding, VIEWS, type ViewProps } from "../views/view";
import { SEARCH_ID } from "./search";
import { moduleOf, viewOf } from "./view_slot";

/** A key and what it does for the frame; `says` is the line in the help. */
export const FRAME_KEYS: readonly KeyBinding[] = [
  { key: ",", says: "previous capture", run: ({ store }) => moveStep(store.a, -1) },
  { key: ".", says: "next capture", run: ({ store }) => moveStep(store.a, 1) },
  { key: "<", says: "first capture", run: ({ store }) => lookAt(store.a, 0) },
  { key: ">", says: "last capture", run: ({ store }) => lookAt(store.a, lastOf(store)) },
  { key: "f", says: "follow the latest capture", run: ({ store }) => toggleFollow(store.a) },
  { key: "[", says: "previous layer", run: ({ store }) => moveLayer(store, -1) },
  { key: "]", says: "next layer", run: ({ store }) => moveLayer(store, 1) },
  { key: "j", says: "jobs", run: ({ store }) => goTo(store, "jobs") },
  { key: "/", says: "search", run: () => document.getElementById(SEARCH_ID)?.focus() },
  { key: "Escape", says: "back one level", run: ({ store }) => goBack(store) },
];

function lastOf(store: Store): number {
  return (store.a.index.value?.steps.length ?? 0) - 1;
}

function goTo(store: Store, view: ViewName): void {
  store.view.value = view;
}

/** Channel, then view: each Escape leaves one. */
function goBack(store: Store): void {
  if (store.channel.value !== null) store.channel.value = null;
  else goTo(store, "overview");
}

/** As bindings name keys: "Shift+ArrowLeft", "c", "?". */
export function keyName(event: KeyboardEvent): string {
  return event.shiftKey && event.key.length > 1 ? `Shift+${event.key}` : event.key;
}

/** In a field letters are letters; on a button or slider Space and Enter are its own. */
function isTaken(event: KeyboardEvent): boolean {
  const element = event.target as HTMLElement | null;
  if (!element?.closest) return false;
  if (element.closest("input:not([type=range]):not([type=checkbox]),textarea,select,dialog")) return true;
  const isPress = event.key === " " || event.key === "Enter";
  return isPress && element.closest("button,a,[role=slider]:not(canvas),input") !== null;
}

/** Listen; returns what undoes it. `toggleHelp` opens and closes the map of keys. */
export function bindKeys(props: ViewProps, toggleHelp: () => void): () => void {
  const { store } = props;
  let goes = 0;
  const onKey = (event: KeyboardEvent): void => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || isTaken(event)) return;
    const key = keyName(event);
    const run = choose(key, event);
    if (!run) return;
    event.preventDefault();
    run();
  };
  const choose = (key: string, event: KeyboardEvent): (() => void) | null => {
    if (Date.now() - goes < 1500) {
      goes = 0;
      const view = VIEWS.find((other) => other.key === key);
      if (view) return () => goTo(store, view.name);
    }
    if (key === "g")
      return () => {
        goes = Date.now();
      };
    if (key === "?") return toggleHelp;
    if (key === " ") return () => onSpace(store, event);
    const module = moduleOf(viewOf(store.view.value));
    const own = module && !(module instanceof Error) ? (module.keys ?? []) : [];
    const binding = own.find((other) => other.key === key) ?? FRAME_KEYS.find((other) => other.key === key);
    return binding ? () => binding.run(props) : null;
  };
  const onKeyUp = (event: KeyboardEvent): void => {
    if (event.key === " ") store.bare.value = false;
  };
  const onBlur = (): void => {
    store.bare.value = false;
  };
  document.addEventListener("keydown", onKey);
  document.addEventListener("keyup", onKeyUp);
  window.addEventListener("blur", onBlur);
  return () => {
    document.removeEventListener("keydown", onKey);
    document.removeEventListener("keyup", onKeyUp);
    window.removeEventListener("blur", onBlur);
  };
}

/** On the image view Space is held to hide the overlays; elsewhere it plays. */
function onSpace(store: Store, event: KeyboardEvent): void {
  if (store.view.value === "image") store.bare.value = true;
  else if (!event.repeat) togglePlay(store);
}
