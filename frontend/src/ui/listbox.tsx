/** A choice from a list whose entries have pictures, or from a long one by typing a few letters. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

export interface Entry {
  value: string;
  /** Said by screen readers, and typed to find the entry. */
  text: string;
  content: ComponentChildren;
}

interface Props {
  label: string;
  /** The name of the control is only said, not shown: its content speaks for itself. */
  wordless?: boolean;
  entries: readonly Entry[];
  value: string;
  onChoose: (value: string) => void;
  /** What the closed control shows; else the chosen entry. */
  shown?: ComponentChildren;
  search?: Search;
}

/** A field above the list; without words the entries themselves are offered. */
export interface Search {
  hint: string;
  find: (words: string) => readonly Entry[];
}

export function Listbox({ label, wordless, entries, value, onChoose, shown, search }: Props) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const chosen = entries.find((entry) => entry.value === value);
  useEffect(() => {
    if (!isOpen) return;
    const leave = (event: Event): void => {
      if (!root.current?.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener("pointerdown", leave);
    document.addEventListener("focusin", leave);
    return () => {
      document.removeEventListener("pointerdown", leave);
      document.removeEventListener("focusin", leave);
    };
  }, [isOpen]);
  const close = (): void => {
    setOpen(false);
    button.current?.focus();
  };
  return (
    <div class="listbox" ref={root}>
      <button
        ref={button}
        type="button"
        class="sel caret"
        aria-haspopup="listbox"
        aria-expanded={isOpen}
        aria-label={wordless ? (chosen?.text ?? value) : undefined}
        title={label}
        onClick={() => setOpen(!isOpen)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
          stop(event);
          setOpen(true);
        }}
      >
        {!wordless && <i>{label} </i>}
        {shown ?? chosen?.content ?? value}
      </button>
      {isOpen && (
        <Popup
          label={label}
          entries={entries}
          value={value}
          {...(search ? { search } : {})}
          onClose={close}
          onChoose={(next) => {
            onChoose(next);
            close();
          }}
        />
      )}
    </div>
  );
}

function Popup({ label, entries: all, value, search, onChoose, onClose }: Props & { onClose: () => void }) {
  const id = useId();
  const list = useRef<HTMLDivElement>(null);
  const field = useRef<HTMLInputElement>(null);
  const [words, setWords] = useState("");
  const entries = search && words.trim() ? search.find(words) : all;
  const [at, setAt] = useState(
    Math.max(
      0,
      entries.findIndex((entry) => entry.value === value),
    ),
  );
  useEffect(() => (field.current ?? list.current)?.focus(), []);
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView?.({ block: "nearest" });
  }, [at]);
  const press = (event: KeyboardEvent): void => {
    const isTyped = search !== undefined && (event.key.length === 1 || /^(Home|End)$/.test(event.key));
    const next = isTyped ? null : nextPlace(event.key, at, entries);
    if (event.key === "Escape" || event.key === "Tab") onClose();
    else if (event.key === "Enter" || (event.key === " " && !search)) onChoose(entries[at]?.value ?? value);
    else if (next !== null) setAt(next);
    else return;
    if (event.key !== "Tab") stop(event);
  };
  const listing = (
    <div
      ref={list}
      id={id}
      class={search ? "finder-list" : "popup"}
      role="listbox"
      aria-label={label}
      {...(search ? {} : { tabIndex: 0, "aria-activedescendant": `${id}-${at}`, onKeyDown: press })}
    >
      {entries.map((entry, place) => (
        // biome-ignore lint/a11y/useFocusableInteractive: the listbox holds the focus (aria-activedescendant)
        // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the listbox's
        <div
          key={entry.value}
          id={`${id}-${place}`}
          role="option"
          aria-selected={entry.value === value}
          class={place === at ? "at" : ""}
          onPointerMove={() => setAt(place)}
          onClick={() => onChoose(entry.value)}
        >
          {entry.content}
        </div>
      ))}
    </div>
  );
  if (!search) return listing;
  return (
    <div class="popup finder">
      <input
        ref={field}
        type="text"
        role="combobox"
        aria-label={`${label}: ${search.hint}`}
        aria-expanded="true"
        aria-controls={id}
        aria-activedescendant={entries[at] ? `${id}-${at}` : undefined}
        autocomplete="off"
        spellcheck={false}
        placeholder={search.hint}
        value={words}
        onInput={(event) => {
          setWords(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      {listing}
      {entries.length === 0 && <p class="cap finder-none">none of that name</p>}
    </div>
  );
}

/** Where a key goes in a list: arrows, ends, or the next entry that begins with the letter; null for other keys. */
export function nextPlace(key: string, at: number, entries: readonly Entry[]): number | null {
  const last = entries.length - 1;
  if (key === "ArrowDown") return Math.min(last, at + 1);
  if (key === "ArrowUp") return Math.max(0, at - 1);
  if (key === "Home") return 0;
  if (key === "End") return last;
  if (key.length !== 1 || key === " ") return null;
  for (let offset = 1; offset <= entries.length; offset++) {
    const place = (at + offset) % entries.length;
    if (entries[place]?.text.toLowerCase().startsWith(key.toLowerCase())) return place;
  }
  return at;
}

function stop(event: Event): void {
  event.preventDefault();
  event.stopPropagation();
}
