/** Which picture the bench looks at: an example, or one of a person's own, chosen or dropped. */

import { type Signal, signal } from "@preact/signals";
import { useRef } from "preact/hooks";
import type { Client } from "../../api/client";
import type { RunIndex } from "../../api/types";
import { paintExample } from "../../draw/heatmap";
import { addBenchPicture, type BenchPicture, benchPicture, benchPictures } from "../../state/bench_pictures";
import type { Store } from "../../state/store";
import { type Entry, Listbox } from "../../ui/listbox";
import { PixelCanvas, type Pixels } from "../../ui/pixel_canvas";
import { exampleEntries, fitted, shownImage, useExamples } from "../records/examples";
import { heatmaps } from "../records/series";
import { ask } from "./asking";
import { whyOff } from "./missing";
import { readBenchPicture } from "./own_picture";
import { weightsIn } from "./scene";
import { withoutClass } from "./slots";

/** Why the last file was not taken; empty when it was. */
export const trouble: Signal<string> = signal("");

export function ownPixels(picture: BenchPicture, grey = false): Pixels {
  const { width, height } = picture;
  return { pixels: paintExample(picture.rgb, grey), width, height };
}

export function PicturePicker({ store, client }: { store: Store; client: Client }) {
  const examples = useExamples(client, store.a);
  const index = store.a.index.value;
  const own = benchPicture.value;
  const all = benchPictures.value;
  const entries = [...all.map(ownEntry), ...exampleEntries(index, examples)];
  if (!index || entries.length === 0) return null;
  return (
    <Listbox
      label="Image"
      entries={entries}
      value={own ? `own ${all.findIndex((one) => one.data === own.data)}` : String(shownImage(store))}
      onChoose={(value) => {
        const chosen = value.startsWith("own ") ? all[Number(value.slice(4))] : undefined;
        benchPicture.value = chosen ?? null;
        trouble.value = "";
        if (!chosen) store.image.value = Number(value);
      }}
    />
  );
}

function ownEntry(picture: BenchPicture, place: number): Entry {
  const pixels = ownPixels(picture);
  const content = (
    <>
      <PixelCanvas {...pixels} size={fitted(pixels, 18)} label="" />
      <span>{picture.name}</span>
    </>
  );
  return { value: `own ${place}`, text: picture.name, content };
}

export function OwnPictureButton({ store, client }: { store: Store; client: Client }) {
  const field = useRef<HTMLInputElement>(null);
  const off = whyOff(store);
  return (
    <>
      <button
        type="button"
        class="btn q"
        disabled={off !== ""}
        title={off || "Ask about a picture of your own; it can be dropped anywhere here, too"}
        onClick={() => field.current?.click()}
      >
        Own picture …
      </button>
      <input
        ref={field}
        class="unseen"
        type="file"
        accept="image/png,image/jpeg,image/webp"
        aria-label="own picture"
        tabIndex={-1}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = "";
          if (file) void takePicture(store, client, file);
        }}
      />
    </>
  );
}

/** Make a file the bench's picture, and ask what the network says of it. */
export async function takePicture(store: Store, client: Client, file: File): Promise<void> {
  const index = store.a.index.peek();
  const session = store.session.peek();
  const wanted = index?.examples?.shape;
  if (!index || !wanted) return;
  trouble.value = whyOff(store);
  if (!session?.jobs) return;
  try {
    const [, height = 1, width = 1] = wanted;
    const picture = await readBenchPicture(file, { height, width }, session);
    addBenchPicture(picture);
    await askFirst(store, client, index, picture);
  } catch (error) {
    trouble.value = error instanceof Error ? error.message : String(error);
  }
}

/** Predictions, and the map that the run records first; of any network there is saliency. */
async function askFirst(store: Store, client: Client, index: RunIndex, own: BenchPicture): Promise<void> {
  const weights = weightsIn(index, store.a.shown.peek());
  const scene = { run: index.name, image: 0, own, chosen: null, usual: null, ...weights };
  const first = heatmaps(index)[0];
  const map = first
    ? { place: first.key, method: first.method, params: withoutClass(first.params) }
    : { place: "saliency", method: "saliency", params: {} };
  await ask(store, client, scene, { place: "predictions", method: "predictions", params: {} });
  await ask(store, client, scene, map);
}
