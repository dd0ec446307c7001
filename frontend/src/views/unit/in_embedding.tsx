/** Ways from the unit to the embedding of the same images. */

import { batch } from "@preact/signals";
import type { Patches } from "../../api/layouts";
import type { Store } from "../../state/store";
import { chooseRows, chosenOf, imagesName } from "../embedding/choice";
import { datasetName, sourceOf, type UnitLook } from "./use_unit";

interface Props {
  store: Store;
  look: UnitLook;
  patches: Patches;
}

/** Key of the recorded embedding of the images that the patches come from, with a t-SNE map if there is one. */
function embeddingOf({ index }: UnitLook, patches: Patches): string | null {
  const name = datasetName(patches);
  const fits = index.series.filter((one) => one.kind === "embedding" && (one.facts.dataset ?? null) === name);
  return (fits.find(({ arrays }) => arrays.map !== undefined) ?? fits[0])?.key ?? null;
}

export function ImageInEmbedding({ store, look, patches, row }: Props & { row: number }) {
  const key = embeddingOf(look, patches);
  if (key === null) return null;
  const go = (): void =>
    batch(() => {
      store.embedding.value = key;
      store.point.value = row;
      store.view.value = "embedding";
    });
  return (
    <button type="button" class="link cap" onClick={go}>
      images like it, in the embedding
    </button>
  );
}

/** The strongest images of the unit as what a lasso would hold. */
export function SelectInEmbedding({ store, look, patches, rows }: Props & { rows: readonly number[] }) {
  const key = embeddingOf(look, patches);
  const count = look.index.series.find((one) => one.key === key)?.facts.count;
  if (key === null || typeof count !== "number" || rows.length === 0) return null;
  const go = (): void =>
    batch(() => {
      chosenOf.value = imagesName(look.index.name, datasetName(patches), count);
      chooseRows(rows, count, "anew");
      store.embedding.value = key;
      store.view.value = "embedding";
    });
  return (
    <button type="button" class="link cap" onClick={go}>
      select them in the embedding
    </button>
  );
}

/** Of recorded patches: a job's are none of the embedding's units. */
export function ColourEmbedding({ store, look, patches }: Props) {
  const key = embeddingOf(look, patches);
  const source = sourceOf(look, patches);
  if (key === null || !source || source.job || patches.facts.facts.maxima !== true) return null;
  const go = (): void =>
    batch(() => {
      store.embedding.value = key;
      store.unitKey.value = source.held.key;
      store.unit.value = look.channel;
      store.scatterColour.value = "unit";
      store.view.value = "embedding";
    });
  return (
    <button type="button" class="link cap" onClick={go}>
      colour the embedding by this unit
    </button>
  );
}
