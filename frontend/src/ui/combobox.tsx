/** A choice from a long list by typing a few letters of it. */

import type { ComponentChildren } from "preact";
import { useEffect, useId, useRef, useState } from "preact/hooks";

export interface Option {
  value: string;
  text: string;
  /** Right of the text. */
  note?: string;
}

interface Props {
  label: string;
  /** What the closed control shows. */
  shown: ComponentChildren;
  value: string;
  /** The options for what was typed; those for "" are offered first. */
  find: (words: string) => readonly Option[];
  placeholder: string;
  onChoose: (value: string) => void;
}

export function Combobox({ label, shown, value, find, placeholder, onChoose }: Props) {
  const [isOpen, setOpen] = useState(false);
  const root = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
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
        onClick={() => setOpen(!isOpen)}
      >
        <i>{label} </i>
        <span class="clip">{shown}</span>
      </button>
      {isOpen && (
        <Search
          label={label}
          value={value}
          find={find}
          placeholder={placeholder}
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

type SearchProps = Omit<Props, "shown"> & { onClose: () => void };

function Search({ label, value, find, placeholder, onChoose, onClose }: SearchProps) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const [words, setWords] = useState("");
  const [at, setAt] = useState(0);
  const options = find(words);
  useEffect(() => field.current?.focus(), []);
  useEffect(() => {
    list.current?.children[at]?.scrollIntoView?.({ block: "nearest" });
  }, [at]);
  const press = (event: KeyboardEvent): void => {
    const last = options.length - 1;
    const chosen = options[at];
    if (event.key === "Escape" || event.key === "Tab") onClose();
    else if (event.key === "Enter" && chosen) onChoose(chosen.value);
    else if (event.key === "ArrowDown") setAt(Math.min(last, at + 1));
    else if (event.key === "ArrowUp") setAt(Math.max(0, at - 1));
    else return;
    if (event.key !== "Tab") event.preventDefault();
    event.stopPropagation();
  };
  return (
    <div class="popup finder">
      <input
        ref={field}
        type="text"
        role="combobox"
        aria-label={`${label}: ${placeholder}`}
        aria-expanded="true"
        aria-controls={`${id}-list`}
        aria-activedescendant={options[at] ? `${id}-${at}` : undefined}
        autocomplete="off"
        spellcheck={false}
        placeholder={placeholder}
        value={words}
        onInput={(event) => {
          setWords(event.currentTarget.value);
          setAt(0);
        }}
        onKeyDown={press}
      />
      <div id={`${id}-list`} ref={list} class="finder-list" role="listbox" aria-label={label}>
        {options.map((option, place) => (
          // biome-ignore lint/a11y/useFocusableInteractive: the field holds the focus (aria-activedescendant)
          // biome-ignore lint/a11y/useKeyWithClickEvents: keys are the field's
          <div
            key={option.value}
            id={`${id}-${place}`}
            role="option"
            aria-selected={option.value === value}
            class={place === at ? "row at" : "row"}
            onPointerMove={() => setAt(place)}
            onClick={() => onChoose(option.value)}
          >
            <span class="clip">{option.text}</span>
            <span class="grow" />
            {option.note && <span class="t">{option.note}</span>}
          </div>
        ))}
      </div>
      {options.length === 0 && <p class="cap finder-none">none of that name</p>}
    </div>
  );
}
