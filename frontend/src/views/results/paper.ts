/** All pictures of a job as they go on paper: in true colours, or maps in the page's colours over their examples. */

import type { Client } from "../../api/client";
import type { JobView, ResultAnswer, ResultRecord, RunIndex } from "../../api/types";
import { composite } from "../../draw/heatmap";
import { type SheetPicture, sheetCanvas } from "../../draw/sheet";
import { truePixels } from "../../draw/true_colours";
import type { Store } from "../../state/store";
import { shownMap } from "../image/heatmap_of";
import { examplePixels } from "../records/examples";
import { picturesOf } from "../records/pictures_of";
import { columnsOf, countOf, exampleOf, originTitle } from "./record";
import { type Gallery, loadGallery, loadResult } from "./use_result";

/** A picture, and which one of which record it is. */
export interface PaperPicture extends SheetPicture {
  job: JobView;
  record: ResultRecord | undefined;
  picture: number;
}

/** Kinds that this gives pictures of. */
export const ON_PAPER = ["images", "heatmap"];

/** What a job's result shows; [] where it is neither pictures nor maps over them. */
export async function paperPictures(
  { client, store }: { client: Client; store: Store },
  job: JobView,
  index: RunIndex | null,
): Promise<PaperPicture[]> {
  const gallery = await loadGallery(client, job);
  if (gallery) return galleryPictures(job, gallery);
  const result = await loadResult(client, job);
  const records = result.records.filter((record) => record.kind === "heatmap");
  const found: PaperPicture[] = [];
  for (const record of records)
    found.push(...(await mapPictures(client, store, job, { result, record, index })));
  return found;
}

function galleryPictures(job: JobView, gallery: Gallery): PaperPicture[] {
  const { width, height, captions, records } = gallery;
  return captions.map((caption, picture) => {
    const pixels = truePixels(gallery, picture);
    return { pixels, width, height, caption, job, record: records[picture], picture };
  });
}

interface Source {
  result: ResultAnswer;
  record: ResultRecord;
  index: RunIndex | null;
}

async function mapPictures(
  client: Client,
  store: Store,
  job: JobView,
  { result, record, index }: Source,
): Promise<PaperPicture[]> {
  const facts = index?.examples;
  const examples = index && facts ? await client.examples(index.name, facts.digest).load() : undefined;
  const found: PaperPicture[] = [];
  for (let picture = 0; picture < countOf(record); picture++) {
    const { key } = record;
    const address = { key, array: Object.keys(record.arrays)[0] ?? "", digest: result.digest };
    const maps = await client.jobs.maps(job.request.id, { ...address, image: picture, exact: true }).load();
    const stack = picturesOf(maps);
    const base = examplePixels(examples, exampleOf(record, picture) ?? -1, store.grey.value);
    const fits = base?.width === stack.width && base.height === stack.height;
    const map = shownMap(store, stack, maps.facts.signed, fits ? store.opacity.value : 1);
    const pixels = fits && base ? composite(base.pixels, map.pixels) : map.pixels;
    const { width, height } = map;
    const caption = originTitle(record, picture, index);
    found.push({ pixels, width, height, caption, job, record, picture });
  }
  return found;
}

/** One picture alone, or all of them with their captions: in rows as the method says, else in about a square. */
export function onPaper(pictures: readonly PaperPicture[]): HTMLCanvasElement {
  const isOne = pictures.length === 1;
  const columns = columnsOf(pictures[0]?.record) ?? Math.ceil(Math.sqrt(pictures.length));
  const canvas = sheetCanvas(pictures, columns, { bare: isOne });
  if (!canvas) throw new Error("no picture is there yet");
  return canvas;
}
