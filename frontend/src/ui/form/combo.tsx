/** A choice from a long list by typing a part of it. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { ControlProps } from "./sources";

export interface ComboEntry {
  value: string;
  text: string;
  note: string;
}

interface Props {
  said: ReturnType<typeof import("./sources").said>;
  label: ControlProps["label"];
  entries: readonly ComboEntry[];
  /** Text of the entry chosen now; what is in the field while nobody types. */
  shown: string;
  /** Stands in the empty field. */
  hint: string;
  /** null: the field was emptied. */
  onChoose: (value: string | null) => void;
}

const MOST = 100;
const ROOM = 240;

/** Entries that hold the words, those that begin with them first; entries of a text always in their order. */
export function matching(entries: readonly ComboEntry[], query: string): readonly ComboEntry[] {
  const words = query.trim().toLowerCase();
  if (!words) return entries;
  const rank = (entry: ComboEntry): number => {
    const at = entry.text.toLowerCase().indexOf(words);
    return entry.value === words ? 0 : at === 0 ? 1 : at > 0 ? 2 : 3;
  };
  const found = entries.filter((entry) => rank(entry) < 3);
  return found.sort((a, b) => rank(a) - rank(b));
}

export function Combo({ said, label, entries, shown, hint, onChoose }: Props) {
  const [query, setQuery] = useState<string | null>(null);
  const [cursor, setCursor] = useState(0);
  const input = useRef<HTMLInputElement>(null);
  const isOpen = query !== null;
  const isEmptied = query === "" && shown !== "";
  const found = isOpen ? matching(entries, query === shown ? "" : query) : [];
  const hits = found.slice(0, MOST);
  useLeave(isOpen, input, () => setQuery(null));
  const choose = (value: string | null): void => {
    onChoose(value);
    setQuery(null);
  };
  const open = (): void => {
    setQuery(shown);
    setCursor(
      Math.max(
        0,
        entries.findIndex((entry) => entry.text === shown),
      ),
    );
  };
  const press = (event: KeyboardEvent): void => {
    if (event.key === "ArrowDown" && !isOpen) open();
    else if (event.key === "ArrowDown") setCursor(Math.min(cursor + 1, hits.length - 1));
    else if (event.key === "ArrowUp") setCursor(Math.max(cursor - 1, 0));
    else if (event.key === "Enter" && isOpen) choose(isEmptied ? null : (hits[cursor]?.value ?? null));
    else if (event.key === "Escape" && isOpen) setQuery(null);
    else return;
    event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="combo">
      <input
        {...said}
        ref={input}
        type="text"
        role="combobox"
        aria-label={label}
        aria-expanded={hits.length > 0}
        aria-controls={`${said.id}-list`}
        aria-activedescendant={hits.length ? `${said.id}-${cursor}` : undefined}
        aria-autocomplete="list"
        autocomplete="off"
        spellcheck={false}
        placeholder={hint}
        value={query ?? shown}
        onClick={() => !isOpen && open()}
        onInput={(event) => {
          setQuery(event.currentTarget.value);
          setCursor(0);
        }}
        onBlur={() => {
          if (isEmptied) onChoose(null);
          setQuery(null);
        }}
        onKeyDown={press}
      />
      <div
        id={`${said.id}-list`}
        class="popup combo-list"
        role="listbox"
        aria-label={label}
        hidden={hits.length === 0}
        style={isOpen ? placeBelow(input.current) : undefined}
      >
        {hits.map((entry, at) => (
          <Option
            key={entry.value}
            id={`${said.id}-${at}`}
            entry={entry}
            isAt={at === cursor}
            isChosen={entry.text === shown}
            onChoose={() => choose(entry.value)}
          />
        ))}
        {found.length > MOST && (
          <div class="cap" role="presentation">
            {found.length - MOST} more: type to find them
          </div>
        )}
      </div>
    </div>
  );
}

interface OptionProps {
  id: string;
  entry: ComboEntry;
  isAt: boolean;
  isChosen: boolean;
  onChoose: () => void;
}

function Option({ id, entry, isAt, isChosen, onChoose }: OptionProps) {
  const row = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (isAt) row.current?.scrollIntoView?.({ block: "nearest" });
  }, [isAt]);
  return (
    // biome-ignore lint/a11y/useFocusableInteractive: the field holds the focus (aria-activedescendant)
    // biome-ignore lint/a11y/useKeyWithClickEvents: the field has the keys
    <div
      ref={row}
      id={id}
      role="option"
      aria-selected={isChosen}
      class={isAt ? "at" : ""}
      onPointerDown={(event) => event.preventDefault()}
      onClick={onChoose}
    >
      <span class="grow clip">{entry.text}</span>
      <span class="cap nowrap">{entry.note}</span>
    </div>
  );
}

/** The list stands free of the column that scrolls: under its field, or over it where there is no room. */
function placeBelow(field: HTMLElement | null): Record<string, string> {
  if (!field) return {};
  const { left, top, bottom, width } = field.getBoundingClientRect();
  const isBelow = window.innerHeight - bottom > ROOM || bottom < window.innerHeight / 2;
  const place: Record<string, string> = isBelow
    ? { top: `${bottom + 2}px` }
    : { top: "auto", bottom: `${window.innerHeight - top + 2}px` };
  return { ...place, left: `${left}px`, minWidth: `${width}px`, maxHeight: `${ROOM}px` };
}

/** A list that does not move with its field closes when the column scrolls. */
function useLeave(isOpen: boolean, field: { current: HTMLElement | null }, leave: () => void): void {
  useEffect(() => {
    if (!isOpen) return;
    const onScroll = (event: Event): void => {
      if (event.target instanceof Element && event.target.contains(field.current)) leave();
    };
    document.addEventListener("scroll", onScroll, { capture: true, passive: true });
    return () => document.removeEventListener("scroll", onScroll, { capture: true });
  }, [isOpen]);
}
