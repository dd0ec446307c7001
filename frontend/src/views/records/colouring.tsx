/** How values become colours: the store's choices as the drawing cores take them, and the controls for them. */

import { type ColourMap, DIVERGING, SEQUENTIAL } from "../../draw/colour_map";
import type { Diverging, Sequential, Store } from "../../state/store";
import { ColourMapPicker } from "../../ui/colour_map_picker";
import { Segmented } from "../../ui/segmented";
import { Select } from "../../ui/select";

const GAMMAS = ["0.3", "0.5", "0.7", "1", "1.5", "2"] as const;

/** The colour map for values of either sign, or for magnitudes. */
export function colourMapOf(store: Store, signed: boolean): ColourMap {
  return signed ? store.signedCmap.value : store.cmap.value;
}

export function RangeControl({ store, one }: { store: Store; one: string }) {
  return (
    <Segmented
      label="Range of the colours"
      value={store.range.value}
      choices={[
        { value: "channel", text: `per ${one}`, title: `each ${one} on its own range` },
        { value: "shared", text: "shared", title: `one range, so that ${one}s compare` },
      ]}
      onChoose={(value) => {
        store.range.value = value;
      }}
    />
  );
}

export function GammaControl({ store }: { store: Store }) {
  const value = String(store.gamma.value);
  const values = (GAMMAS as readonly string[]).includes(value) ? GAMMAS : [value, ...GAMMAS];
  return (
    <Select
      label="Gamma"
      value={value}
      options={values.map((text) => ({ value: text, text }))}
      onChoose={(text) => {
        store.gamma.value = Number(text);
      }}
    />
  );
}

export function ColourControl({ store, signed }: { store: Store; signed: boolean }) {
  return (
    <ColourMapPicker
      maps={signed ? DIVERGING : SEQUENTIAL}
      value={colourMapOf(store, signed)}
      onChoose={(name) => {
        if (signed) store.signedCmap.value = name as Diverging;
        else store.cmap.value = name as Sequential;
      }}
    />
  );
}
