/** The routes of data sets: their images, how a network lays them out, and what excites each channel. */

import type { Ask, Client, Query } from "./client";
import type { DatasetFacts, LayoutFacts, NeighboursAnswer, PatchesFacts, UnitsAnswer } from "./contract";
import type { Tensor, Tensors } from "./types";

/** One record: of a capture of a run, or of a job's result. */
export type Held =
  | { run: string; step: number; key: string; digest: string }
  | { job: string; key: string; digest: string };

export interface Dataset {
  facts: DatasetFacts;
  /** (M,), −1 where not known. */
  labels: Int32Array;
  /** File names; null where the images come from no files. */
  names: string[] | null;
}

export interface Thumbnails {
  /** Which images, in this order. */
  rows: number[];
  height: number;
  width: number;
  /** (n, h, w, 3) */
  images: Uint8Array;
}

/** Where an embedding puts M images; what was not recorded is null. */
export interface Layout {
  facts: LayoutFacts;
  count: number;
  /** (M, 2) of t-SNE. */
  map: Float32Array | null;
  /** (M, P) principal components; P is 0 … 3. */
  principal: Float32Array;
  components: number;
  /** (M, 2): row and column of each image's cell. */
  grid: Int32Array | null;
  /** (M,), −1 where not known. */
  predicted: Int32Array | null;
  /** (M,), NaN without a label. */
  loss: Float32Array | null;
}

export type Nearness = "cosine" | "l2" | "pixels";

/** The strongest images of C channels, T each. */
export interface Patches {
  facts: PatchesFacts;
  channels: number;
  top: number;
  height: number;
  width: number;
  /** (C, T, h, w, 3) */
  crops: Uint8Array;
  /** (C, T, h, w, 3): guided backpropagation to each crop, 128 is zero; null where it was not asked for. */
  guided: Uint8Array | null;
  /** (C, T), NaN where there are fewer. */
  activations: Float32Array;
  /** (C, T): rows of the data set, −1 where there are fewer. */
  images: Int32Array;
  /** (C, T, 4): top, left, bottom, right in pixels of the input. */
  boxes: Int32Array | null;
  /** (C, classes): mean of the channel's largest activations over each class. */
  classMeans: Float32Array | null;
  /** (C,): the same over all images. */
  mean: Float32Array | null;
  /** (C, n): channels that go up and down with it, −1 where missing, and how much. */
  correlated: Int32Array | null;
  correlations: Float32Array | null;
}

export class LayoutsApi {
  readonly #client: Client;

  constructor(client: Client) {
    this.#client = client;
  }

  dataset(run: string, name: string): Ask<Dataset> {
    return this.#client.ask("dataset", { run, name }, (raw) => {
      const names = raw.tensors.names?.data as Uint8Array | undefined;
      return {
        facts: raw.metadata as unknown as DatasetFacts,
        labels: raw.tensors.labels?.data as Int32Array,
        names: names ? new TextDecoder().decode(names).split("\n") : null,
      };
    });
  }

  thumbnails(run: string, name: string, rows: readonly number[]): Ask<Thumbnails> {
    return this.#client.ask("thumbnails", { run, name, rows: rows.join(",") }, (raw) => {
      const [, height = 0, width = 0] = raw.tensors.images?.shape ?? [];
      const images = raw.tensors.images?.data as Uint8Array;
      return { rows: raw.metadata.rows as number[], height, width, images };
    });
  }

  layout(held: Held): Ask<Layout> {
    return this.#ask(held, "layout", {}, layout);
  }

  neighbours(
    held: Held,
    args: { row: number; k: number; by: Nearness },
    signal?: AbortSignal,
  ): Promise<NeighboursAnswer> {
    const [route, query] = addressed(held, "neighbours");
    return this.#client.json<NeighboursAnswer>(route, { ...query, ...args }, signal);
  }

  /** `top` 0: all that were kept. */
  patches(held: Held, args: { channel: number; count?: number; top?: number }): Ask<Patches> {
    return this.#ask(held, "patches", { ...args }, patches);
  }

  /** A channel's largest activation in every image, (M,). */
  reaction(held: Held, channel: number): Ask<Float32Array> {
    return this.#ask(held, "reaction", { channel }, (raw) => raw.tensors.values?.data as Float32Array);
  }

  /** Which channels answer most to the images marked 1. */
  units(held: Held, chosen: Uint8Array, signal?: AbortSignal): Promise<UnitsAnswer> {
    const [route, query] = addressed(held, "units");
    return this.#client.json<UnitsAnswer>(route, { ...query, rows: bitmap(chosen) }, signal);
  }

  #ask<T>(held: Held, name: string, args: Query, decoder: (raw: Tensors) => T): Ask<T> {
    const [route, query] = addressed(held, name);
    return this.#client.ask(route, { ...query, ...args }, decoder);
  }
}

function addressed(held: Held, name: string): [string, Query] {
  if (!("job" in held)) return [name, { ...held }];
  return [`jobs/${held.job}/${name}`, { key: held.key, digest: held.digest }];
}

/** One bit an image, the first in the lowest bit of the first byte, as base64url. */
export function bitmap(chosen: Uint8Array): string {
  const bytes = new Uint8Array(Math.ceil(chosen.length / 8));
  for (let row = 0; row < chosen.length; row++)
    if (chosen[row]) bytes[row >> 3] = (bytes[row >> 3] as number) | (1 << (row & 7));
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(""));
  return text.replaceAll("+", "-").replaceAll("/", "_").replaceAll("=", "");
}

function layout(raw: Tensors): Layout {
  const principal = raw.tensors.principal;
  return {
    facts: raw.metadata as unknown as LayoutFacts,
    count: principal?.shape[0] ?? 0,
    components: principal?.shape[1] ?? 0,
    principal: (principal?.data as Float32Array | undefined) ?? new Float32Array(0),
    map: (raw.tensors.map?.data as Float32Array | undefined) ?? null,
    grid: (raw.tensors.grid?.data as Int32Array | undefined) ?? null,
    predicted: (raw.tensors.predicted?.data as Int32Array | undefined) ?? null,
    loss: (raw.tensors.loss?.data as Float32Array | undefined) ?? null,
  };
}

function patches(raw: Tensors): Patches {
  const [channels = 0, top = 0, height = 0, width = 0] = raw.tensors.crops?.shape ?? [];
  return {
    facts: raw.metadata as unknown as PatchesFacts,
    channels,
    top,
    height,
    width,
    crops: raw.tensors.crops?.data as Uint8Array,
    guided: raw.tensors.guided ? inColours(raw.tensors.guided as Tensor<Uint8Array>) : null,
    activations: raw.tensors.activations?.data as Float32Array,
    images: raw.tensors.images?.data as Int32Array,
    boxes: (raw.tensors.boxes?.data as Int32Array | undefined) ?? null,
    classMeans: (raw.tensors.class_means?.data as Float32Array | undefined) ?? null,
    mean: (raw.tensors.mean?.data as Float32Array | undefined) ?? null,
    correlated: (raw.tensors.correlated?.data as Int32Array | undefined) ?? null,
    correlations: (raw.tensors.correlations?.data as Float32Array | undefined) ?? null,
  };
}

/** Three colours where there is one: (…, 1) as (…, 3). */
function inColours({ data, shape }: Tensor<Uint8Array>): Uint8Array {
  if (shape.at(-1) === 3) return data;
  const colours = new Uint8Array(3 * data.length);
  for (let at = 0; at < data.length; at++) colours.fill(data[at] as number, 3 * at, 3 * at + 3);
  return colours;
}
