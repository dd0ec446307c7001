/** The class that the maps explain: one of the top predictions, or any by its name. */

import { percentText } from "../../draw/number_text";
import type { Store } from "../../state/store";
import { type Entry, Listbox } from "../../ui/listbox";
import { className } from "../records/examples";
import { classOptions } from "./class_options";
import type { Bench } from "./use_bench";

export function ClassChooser({ store, bench }: { store: Store; bench: Bench }) {
  const { index, scene, guesses } = bench;
  const { chosen, usual } = scene;
  const explained = chosen ?? usual;
  const guess = guesses.find((one) => one.target === explained);
  const share = guess && Number.isFinite(guess.probability) ? percentText(guess.probability) : "";
  const shown = explained === null ? "label or top-1" : `${className(index, explained)} ${share}`;
  return (
    <Listbox
      label="Explain"
      shown={<span class="clip">{shown}</span>}
      value={chosen === null ? "" : String(chosen)}
      entries={entriesOf(bench, "")}
      search={{ hint: "search a class", find: (words) => entriesOf(bench, words) }}
      onChoose={(value) => {
        store.target.value = value === "" ? null : Number(value);
      }}
    />
  );
}

function entriesOf(bench: Bench, words: string): Entry[] {
  return classOptions(bench, words).map(({ value, text, note }) => {
    const content = (
      <>
        <span class="clip">{text}</span>
        <span class="grow" />
        {note && <span class="t">{note}</span>}
      </>
    );
    return { value, text, content };
  });
}
