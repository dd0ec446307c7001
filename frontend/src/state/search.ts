/** The search box: layers, channels of a layer, classes, images, jobs and views by a few letters. */

import type { Dataset } from "../api/layouts";
import type { JobRequest, RunIndex } from "../api/types";
import type { JobList } from "./job_list";
import { exampleName, shortName } from "./predictions";
import { openLayer, openUnit, type Store, type ViewName } from "./store";

export interface Hit {
  kind: "layer" | "channel" | "class" | "image" | "job" | "view";
  text: string;
  note: string;
  go: (store: Store) => void;
}

const LIMIT = 12;
/** Of them classes: their images come after them. */
const MOST_CLASSES = 4;
const MOST_FILES = 6;

/**
 * The best matches, whole words and beginnings first.
 *
 * `relu 12`, `relu #12` or `relu unit 12` is channel 12 of the layers that match `relu`.
 */
export function findHits(
  index: RunIndex,
  views: readonly { name: ViewName; title: string }[],
  query: string,
  jobs?: JobList,
  dataset?: Pick<Dataset, "names">,
): Hit[] {
  const words = query.trim().toLowerCase();
  if (!words) return [];
  const channel = words.match(/^(.*?)\s*(?:#|\s(?:unit |channel )?)(\d+)$/);
  const hits = [
    ...(channel ? channelHits(index, channel[1] ?? "", Number(channel[2])) : []),
    ...layerHits(index, words),
    ...classHits(index, words),
    ...imageHits(index, words),
    ...fileHits(dataset?.names ?? [], words),
    ...(jobs ? jobHits(jobs, words) : []),
    ...views
      .filter((view) => view.title.toLowerCase().startsWith(words))
      .map(
        (view): Hit => ({
          kind: "view",
          text: view.title,
          note: "view",
          go: (store) => {
            store.view.value = view.name;
          },
        }),
      ),
  ];
  return hits.slice(0, LIMIT);
}

function rank(name: string, words: string): number {
  const lower = name.toLowerCase();
  if (lower === words) return 0;
  if (lower.startsWith(words)) return 1;
  if (lower.includes(`.${words}`)) return 2;
  return lower.includes(words) ? 3 : Number.POSITIVE_INFINITY;
}

function matchingLayers(index: RunIndex, words: string): RunIndex["layers"] {
  return index.layers
    .filter(
      (layer) => layer.name !== "" && (Number.isFinite(rank(layer.name, words)) || layer.kind === words),
    )
    .sort((a, b) => rank(a.name, words) - rank(b.name, words));
}

function layerHits(index: RunIndex, words: string): Hit[] {
  return matchingLayers(index, words).map((layer) => ({
    kind: "layer",
    text: layer.name,
    note: [layer.kind, layer.shape.join("×")].filter(Boolean).join(" · "),
    go: (store) => openLayer(store, layer.name),
  }));
}

function channelHits(index: RunIndex, words: string, channel: number): Hit[] {
  return matchingLayers(index, words)
    .filter((layer) => !layer.container && channel < (layer.shape[0] ?? 0))
    .map((layer) => ({
      kind: "channel",
      text: `${layer.name} ${channel}`,
      note: "unit",
      go: (store) => openUnit(store, layer.name, channel),
    }));
}

/** Classes by name: the image view then explains that class. */
function classHits(index: RunIndex, words: string): Hit[] {
  const names = index.examples?.class_names ?? [];
  return names
    .map((name, target) => ({ target, name: String(name), rank: rank(String(name), words) }))
    .filter((one) => Number.isFinite(one.rank))
    .sort((a, b) => a.rank - b.rank || a.target - b.target)
    .slice(0, MOST_CLASSES)
    .map(({ target, name }) => ({
      kind: "class",
      text: `class ${target} · ${name}`,
      note: "explain it",
      go: (store) => {
        store.target.value = target;
        store.view.value = "image";
      },
    }));
}

/** Examples by number (`image 3`), by their own name and by that of their label. */
function imageHits(index: RunIndex, words: string): Hit[] {
  const { examples } = index;
  if (!examples) return [];
  const numbered = words.match(/^(?:image |#)?(\d+)$/)?.[1];
  const hits: Hit[] = [];
  for (let image = 0; image < examples.count; image++) {
    const label = examples.labels?.[image];
    const name = label === undefined ? "" : (examples.class_names?.[label] ?? `class ${label}`);
    const own = exampleName(examples, image) ?? "";
    const isNamed = Number.isFinite(rank(own, words));
    if (Number(numbered ?? -1) !== image && !isNamed && !Number.isFinite(rank(name, words))) continue;
    hits.push({
      kind: "image",
      text: [`image ${image}`, own, name].filter(Boolean).join(" · "),
      note: "image",
      go: (store) => {
        store.image.value = image;
        store.view.value = "image";
      },
    });
  }
  return hits;
}

/** Images of the data set by their file's name: the embedding view then is about that one. */
function fileHits(names: readonly string[], words: string): Hit[] {
  const found: { row: number; name: string; fit: number }[] = [];
  for (const [row, name] of names.entries()) {
    const fit = rank(name, words);
    if (Number.isFinite(fit)) found.push({ row, name, fit });
  }
  return found
    .sort((a, b) => a.fit - b.fit || a.row - b.row)
    .slice(0, MOST_FILES)
    .map(({ row, name }) => ({
      kind: "image",
      text: shortName(name),
      note: "in the embedding",
      go: (store) => {
        store.point.value = row;
        store.view.value = "embedding";
      },
    }));
}

/** Jobs by method, layer or id; the latest first. */
function jobHits(jobs: JobList, words: string): Hit[] {
  const hits: Hit[] = [];
  for (const [id, { request, status }] of jobs.byId) {
    const text = jobText(request);
    if (id !== words && !Number.isFinite(rank(text, words))) continue;
    hits.push({
      kind: "job",
      text,
      note: `job, ${status.state}`,
      go: (store) => {
        store.job.value = id;
        store.view.value = "jobs";
      },
    });
  }
  return hits;
}

/** "deep dream layer3 step 40". */
function jobText({ method, params, step }: JobRequest): string {
  const layer = typeof params.layer === "string" ? params.layer : "";
  return [method.replaceAll("_", " "), layer, step === null ? "" : `step ${step}`].filter(Boolean).join(" ");
}
