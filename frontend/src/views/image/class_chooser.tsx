/** The class that the maps explain: one of the top predictions, or any by its name. */

import { percentText } from "../../draw/number_text";
import type { Store } from "../../state/store";
import { Combobox } from "../../ui/combobox";
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
    <Combobox
      label="Explain"
      shown={shown}
      value={chosen === null ? "" : String(chosen)}
      placeholder="search a class"
      find={(words) => classOptions(bench, words)}
      onChoose={(value) => {
        store.target.value = value === "" ? null : Number(value);
      }}
    />
  );
}
