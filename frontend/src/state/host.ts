/** What surrounds the page: TensorBoard's window (address, dark mode), our own visibility; each guarded, each with a fallback. */

import { effect } from "@preact/signals";
import { isOurs, Link } from "./link";
import type { Store, Theme } from "./store";

const SCRUB_MS = 250;
const THEME_KEY = "cnnviz.theme";
const PLACE_KEY = "cnnviz.place";

/** The window whose address a person sees: TensorBoard's, else our own. */
export function addressWindow(): Window {
  try {
    // Reading throws when the parent is of another origin.
    if (window.parent !== window && typeof window.parent.location.hash === "string") return window.parent;
  } catch {
    /* another origin: our own address is what there is */
  }
  return window;
}

function stored(key: string): string | null {
  try {
    return localStorage.getItem(key);
  } catch {
    return null;
  }
}

function keep(key: string, value: string): void {
  try {
    localStorage.setItem(key, value);
  } catch {
    /* storage is off: nothing is remembered */
  }
}

const links = new WeakMap<Store, Link>();

/** The address that leads to what is shown now, for "Copy link". */
export function linkOf(store: Store): string {
  const { location } = addressWindow();
  const hash = links.get(store)?.write(location.hash) ?? location.hash;
  return location.origin + location.pathname + location.search + hash;
}

/** Bind the store to the address. Returns what undoes it. */
export function bindLink(store: Store): () => void {
  const host = addressWindow();
  const link = new Link(store);
  links.set(store, link);
  const read = (): void => {
    // Another tab's address has none of our keys; what the page showed is kept for the way back.
    if (host === window || isOurs(host.location.hash)) link.read(host.location.hash);
  };
  const start = host.location.hash;
  link.read(start.includes("p.cnnviz.") || host !== window ? start : (stored(PLACE_KEY) ?? start));

  let timer: ReturnType<typeof setTimeout> | undefined;
  let writtenAt = 0;
  const write = (): void => {
    timer = undefined;
    const from = host.location.hash;
    if (host !== window && !isOurs(from) && from.length > 1) return;
    const to = link.write(from);
    if (to === from) return;
    writtenAt = Date.now();
    const { pathname, search } = host.location;
    const address = pathname + search + to;
    if (Link.isMove(from, to)) host.history.pushState(host.history.state, "", address);
    else host.history.replaceState(host.history.state, "", address);
    keep(PLACE_KEY, to);
  };
  const stopWriting = effect(() => {
    // Subscribes to every field, and to becoming visible again: TensorBoard drops our keys when its tab changes.
    link.write("");
    if (!store.awake.value) return;
    clearTimeout(timer);
    timer = setTimeout(write, Math.max(0, writtenAt + SCRUB_MS - Date.now()));
  });
  host.addEventListener("popstate", read);
  host.addEventListener("hashchange", read);
  return () => {
    stopWriting();
    clearTimeout(timer);
    host.removeEventListener("popstate", read);
    host.removeEventListener("hashchange", read);
  };
}

/** Follow TensorBoard's dark mode, or the system's where that cannot be seen; a person's own choice goes first. */
export function bindTheme(store: Store): () => void {
  const choice = stored(THEME_KEY);
  if (choice === "light" || choice === "dark") store.themeChoice.value = choice;
  const host = addressWindow();
  const body = host === window ? null : host.document.body;
  const system = matchMedia("(prefers-color-scheme: dark)");
  const look = (): void => {
    const isDark = body ? body.classList.contains("dark-mode") : system.matches;
    store.hostTheme.value = isDark ? "dark" : "light";
  };
  look();
  const observer = new MutationObserver(look);
  if (body) observer.observe(body, { attributeFilter: ["class"] });
  else system.addEventListener("change", look);
  const stop = effect(() => {
    document.documentElement.dataset.theme = store.theme.value;
  });
  return () => {
    stop();
    observer.disconnect();
    system.removeEventListener("change", look);
  };
}

/** The other theme, kept for the next visit; back at the host's one the host is followed again. */
export function toggleTheme(store: Store): void {
  const other: Theme = store.theme.value === "dark" ? "light" : "dark";
  store.themeChoice.value = other === store.hostTheme.value ? null : other;
  keep(THEME_KEY, store.themeChoice.value ?? "");
}

/** Let our keys work without a click first, unless the person is at something in TensorBoard's own bar. */
function takeFocus(): void {
  const host = addressWindow();
  const at = host === window ? null : host.document.activeElement;
  if (at && at !== host.document.body && at.tagName !== "IFRAME") return;
  window.focus();
}

/** Sleep while TensorBoard hides the iframe (it gets height 0, and no visibilitychange comes). */
export function bindAwake(store: Store, root: Element): () => void {
  let intersects = true;
  const look = (): void => {
    const wasAwake = store.awake.value;
    store.awake.value = intersects && window.innerHeight > 0 && document.visibilityState !== "hidden";
    if (store.awake.value && !wasAwake) takeFocus();
  };
  takeFocus();
  const observer = new IntersectionObserver((entries) => {
    intersects = entries.at(-1)?.isIntersecting ?? true;
    look();
  });
  observer.observe(root);
  window.addEventListener("resize", look);
  document.addEventListener("visibilitychange", look);
  return () => {
    observer.disconnect();
    window.removeEventListener("resize", look);
    document.removeEventListener("visibilitychange", look);
  };
}
