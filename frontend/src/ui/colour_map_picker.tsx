/** Choice of a colour map, each with its sample. */

import { COLOUR_MAP_TITLES, type ColourMap, isColourMap } from "../draw/colour_map";
import { Listbox } from "./listbox";
import { Swatch } from "./scale_bar";

interface Props {
  label?: string;
  maps: readonly ColourMap[];
  value: ColourMap;
  onChoose: (value: ColourMap) => void;
}

export function ColourMapPicker({ label = "Colours", maps, value, onChoose }: Props) {
  const entries = maps.map((name) => ({
    value: name,
    text: COLOUR_MAP_TITLES[name],
    content: (
      <>
        <Swatch colourMap={name} />
        {COLOUR_MAP_TITLES[name]}
      </>
    ),
  }));
  return (
    <Listbox
      label={label}
      wordless
      entries={entries}
      value={value}
      onChoose={(name) => isColourMap(name) && onChoose(name)}
    />
  );
}
