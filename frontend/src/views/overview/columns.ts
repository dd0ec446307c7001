/** The columns of the overview's table: what each shows, and how it is drawn over all captures. */

import type { Layer } from "../../api/types";
import { countText, shareText, valueText } from "../../draw/number_text";
import { type CellBox, paintHeat, paintLine, paintSteps } from "./row_painter";

export interface Column {
  name: string;
  title: string;
  /** What the colours or the line mean. */
  hint: string;
  say: (value: number) => string;
  paint: (context: CanvasRenderingContext2D, cells: Cells, box: CellBox) => void;
}

interface Cells {
  values: number[];
  places: number[];
  layer: Layer;
  ink: (token: string) => string;
}

export const COLUMNS: readonly Column[] = [
  {
    name: "zeros",
    title: "Zeros",
    hint: "share of activations that are zero, dark 0 … bright 100 %",
    say: shareText,
    paint: (context, { values, places }, box) => {
      // Layers that make no zeros are no news: their plate stays empty.
      if (values.some((value) => value >= 0.005)) paintHeat(context, values, places, box);
    },
  },
  {
    name: "energy",
    title: "Energy",
    hint: "mean square of the activations, each row on its own scale from 0",
    say: valueText,
    paint: (context, { values, places, ink }, box) =>
      paintLine(context, values, places, { ...box, ink: ink("--ink"), isLog: false }),
  },
  {
    name: "weight_change",
    title: "Weight change",
    hint: "relative change of the weights since the capture before, logarithmic, each row on its own scale",
    say: valueText,
    paint: (context, { values, places, ink }, box) =>
      paintLine(context, values, places, { ...box, ink: ink("--ink"), isLog: true }),
  },
  {
    name: "dead",
    title: "Dead channels",
    hint: "channels that are zero on every example; the full height is all channels of the layer",
    say: (value) => (value > 0 ? countText(value) : "0"),
    paint: (context, { values, places, layer, ink }, box) =>
      paintSteps(context, values, places, { ...box, ink: ink("--bad"), most: layer.shape[0] ?? 1 }),
  },
];
