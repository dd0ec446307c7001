/** Whole images of a data set, with what they are called. */

import { useMemo } from "preact/hooks";
import type { Dataset, Patches } from "../../api/layouts";
import { useAnswer } from "../../api/use_answer";
import { truePixels } from "../../draw/true_colours";
import { exampleName, shortName } from "../../state/predictions";
import type { Pixels } from "../../ui/pixel_canvas";
import { examplePixels, labelOf, useExamples } from "../records/examples";
import type { ViewProps } from "../view";
import { datasetName, type UnitLook, useDataset } from "./use_unit";

export interface Images {
  /** null: the images are the run's examples; undefined: not known yet. */
  dataset: Dataset | null | undefined;
  /** null while it is not there. */
  picture: (row: number) => Pixels | null;
  /** A file's name, "image 12", or "example 3". */
  title: (row: number) => string;
  /** Class of its label; empty where it has none. */
  label: (row: number) => string;
  /** Of the class with that number. */
  className: (target: number) => string;
  /** Size of what the network takes, px. */
  input: { height: number; width: number };
}

/** The images that patches come from. */
export function useImages(props: ViewProps, look: UnitLook, patches: Patches | undefined): Images {
  const { client } = props;
  const { index } = look;
  const dataset = useDataset(props, look, patches);
  const examples = useExamples(client, look.side);
  const name = patches ? datasetName(patches) : null;
  const rows = useMemo(() => (patches ? rowsOf(patches) : []), [patches]);
  const ask = name && rows.length > 0 ? client.layouts.thumbnails(index.name, name, rows) : null;
  const thumbs = useAnswer(ask, name ?? "").value;
  const pictures = useMemo(() => {
    const found = new Map<number, Pixels>();
    if (!thumbs) return found;
    const { height, width, images } = thumbs;
    const all = { count: thumbs.rows.length, height, width, images };
    for (const [at, row] of thumbs.rows.entries())
      found.set(row, { pixels: truePixels(all, at), height, width });
    return found;
  }, [thumbs]);
  const classes = dataset?.facts.class_names ?? index.examples?.class_names;
  const className = (target: number) => classes?.[target] ?? `class ${target}`;
  const labelAt = (row: number) => (name === null ? labelOf(index, row) : (dataset?.labels[row] ?? null));
  const shape = dataset?.facts.shape ?? index.examples?.shape ?? [];
  return {
    dataset,
    className,
    picture: (row) => (name === null ? examplePixels(examples, row) : (pictures.get(row) ?? null)),
    title: (row) => {
      if (name === null) return exampleName(index.examples, row) ?? `example ${row}`;
      const own = dataset?.names?.[row];
      return own ? shortName(own) : `image ${row}`;
    },
    label: (row) => {
      const label = labelAt(row);
      return label === null || label < 0 ? "" : className(label);
    },
    input: { height: shape[1] ?? 1, width: shape[2] ?? 1 },
  };
}

/** Rows of the images that patches were cut from, each once. */
export function rowsOf({ images }: Patches): number[] {
  return [...new Set(images)].filter((row) => row >= 0);
}
