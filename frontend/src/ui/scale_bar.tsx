/** What colours mean: the colour map between the two ends of its range. */

import { type ColourMap, gradient, isDiverging } from "../draw/colour_map";
import { signedText, valueText } from "../draw/number_text";
import type { ValueRange } from "../draw/value_range";

interface Props {
  colourMap: ColourMap;
  range: ValueRange;
  /** Of the values, after the upper end. */
  unit?: string | null;
  gamma?: number;
  /** Values beyond the ends are drawn in the colours of the ends. */
  clipped?: boolean;
}

export function ScaleBar({ colourMap, range, unit = null, gamma = 1, clipped = false }: Props) {
  const end = isDiverging(colourMap) || range.low < 0 ? signedText : valueText;
  const low = range.low === 0 ? "0" : `${clipped ? "≤ " : ""}${end(range.low)}`;
  const beyond = clipped ? "≥ " : "";
  return (
    <span
      class="legend scale"
      title={clipped ? "values beyond the ends take the colours of the ends" : undefined}
    >
      {low}
      <span class="scale-bar" style={{ background: gradient(colourMap) }} />
      {`${beyond}${end(range.high)}`}
      {unit && <span>{unit}</span>}
      {gamma !== 1 && <span title="colours follow value to this power">γ {gamma}</span>}
    </span>
  );
}

/** A small sample of a colour map. */
export function Swatch({ colourMap }: { colourMap: ColourMap }) {
  return <span class="swatch" style={{ background: gradient(colourMap) }} />;
}
