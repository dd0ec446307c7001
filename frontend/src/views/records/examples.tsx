/** The examples of a run: their pictures, names, and the choice of one. */

import type { Client } from "../../api/client";
import type { Examples, RunIndex } from "../../api/types";
import { useAnswer } from "../../api/use_answer";
import { paintExample } from "../../draw/heatmap";
import { exampleName } from "../../state/predictions";
import type { Side, Store } from "../../state/store";
import { type Entry, Listbox } from "../../ui/listbox";
import { PixelCanvas, type Pixels } from "../../ui/pixel_canvas";

export function useExamples(client: Client, side: Side): Examples | undefined {
  const index = side.index.value;
  const facts = index?.examples;
  const ask = index && facts ? client.examples(index.name, facts.digest) : null;
  return useAnswer(ask, `${index?.name}|${facts?.digest}`).value;
}

/** Pixels of one example; null when it is not there. */
export function examplePixels(examples: Examples | undefined, image: number, grey = false): Pixels | null {
  if (!examples || image < 0 || image >= examples.count) return null;
  const size = examples.height * examples.width * 3;
  const rgb = examples.images.subarray(image * size, (image + 1) * size);
  return { pixels: paintExample(rgb, grey), width: examples.width, height: examples.height };
}

/** Name of a class: its own if known, else its number. */
export function className(index: RunIndex | null, target: number): string {
  return index?.examples?.class_names?.[target] ?? `class ${target}`;
}

/** "4 Shirt", "2 chelsea.png": number of an example, its name and its label, where it has them. */
export function exampleTitle(index: RunIndex | null, image: number): string {
  const name = exampleName(index?.examples ?? null, image);
  const label = labelOf(index, image);
  const said = [name, label === null ? null : className(index, label)].filter((text) => text !== null);
  return [image, said.join(" · ")].filter((text) => text !== "").join(" ");
}

export function labelOf(index: RunIndex | null, image: number): number | null {
  return index?.examples?.labels?.[image] ?? null;
}

/** The example looked at, kept within those that run A has. */
export function shownImage(store: Store): number {
  const count = store.a.index.value?.examples?.count ?? 1;
  return Math.min(Math.max(0, store.image.value), Math.max(0, count - 1));
}

/** The examples as entries of a list: picture and name. */
export function exampleEntries(
  index: RunIndex | null,
  examples: Examples | undefined,
  recorded: number | null = null,
): Entry[] {
  return Array.from({ length: index?.examples?.count ?? 0 }, (_, image) => {
    const pixels = examplePixels(examples, image);
    const missing = recorded !== null && image >= recorded;
    const title = exampleTitle(index, image) + (missing ? " · not recorded" : "");
    const content = (
      <>
        {pixels && <PixelCanvas {...pixels} size={fitted(pixels, 18)} label="" />}
        <span class={missing ? "t" : ""}>{title}</span>
      </>
    );
    return { value: String(image), text: title, content };
  });
}

interface Props {
  store: Store;
  client: Client;
  /** How many of them have what the panel shows. */
  recorded?: number | null | undefined;
}

export function ExamplePicker({ store, client, recorded = null }: Props) {
  const examples = useExamples(client, store.a);
  const entries = exampleEntries(store.a.index.value, examples, recorded);
  if (entries.length === 0) return null;
  return (
    <Listbox
      label="Image"
      entries={entries}
      value={String(shownImage(store))}
      onChoose={(value) => {
        store.image.value = Number(value);
      }}
    />
  );
}

/** Size of a picture whose longer side is `side`. */
export function fitted(picture: { width: number; height: number }, side: number) {
  const scale = side / Math.max(picture.width, picture.height, 1);
  return { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) };
}
