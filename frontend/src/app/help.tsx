/** The map of keys, `?`. */

import { useEffect, useRef } from "preact/hooks";
import type { ViewName } from "../state/store";
import { type KeyBinding, VIEWS } from "../views/view";
import { FRAME_KEYS } from "./keyboard";
import { moduleOf, viewOf } from "./view_slot";

export function Help({ view, close }: { view: ViewName; close: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  const shown = viewOf(view);
  const module = moduleOf(shown);
  const own = module && !(module instanceof Error) ? (module.keys ?? []) : [];
  return (
    <dialog class="help" ref={dialog} aria-label="Keyboard" onClose={close}>
      <div class="row" style={{ marginBottom: "12px" }}>
        <h1 class="grow">Keyboard</h1>
        <button type="button" class="btn" onClick={close}>
          Close
        </button>
      </div>
      <div class="cols">
        <Keys title="Everywhere" keys={FRAME_KEYS}>
          <dt>
            <kbd>Space</kbd>
          </dt>
          <dd>play; hold on the Image view to hide overlays</dd>
          {VIEWS.map((other) => (
            <GoTo key={other.name} letter={other.key} title={other.title} />
          ))}
        </Keys>
        {own.length > 0 && <Keys title={shown.title} keys={own} />}
      </div>
    </dialog>
  );
}

function GoTo({ letter, title }: { letter: string; title: string }) {
  return (
    <>
      <dt>
        <kbd>g</kbd> <kbd>{letter}</kbd>
      </dt>
      <dd>{title}</dd>
    </>
  );
}

interface KeysProps {
  title: string;
  keys: readonly KeyBinding[];
  children?: preact.ComponentChildren;
}

function Keys({ title, keys, children }: KeysProps) {
  return (
    <section>
      <h2>{title}</h2>
      <dl>
        {keys.map((binding) => (
          <>
            <dt>
              <kbd>{sayKey(binding.key)}</kbd>
            </dt>
            <dd>{binding.says}</dd>
          </>
        ))}
        {children}
      </dl>
    </section>
  );
}

const SIGNS: Record<string, string> = {
  ArrowLeft: "←",
  ArrowRight: "→",
  ArrowUp: "↑",
  ArrowDown: "↓",
  Escape: "Esc",
};

function sayKey(key: string): string {
  return key
    .split("+")
    .map((part) => SIGNS[part] ?? part.replace("Shift", "⇧"))
    .join(" ");
}
