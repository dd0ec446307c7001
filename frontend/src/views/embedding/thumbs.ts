/** Small pictures of images by row: fetched in batches as they come into sight, kept up to a bound, oldest out first. */

import { signal } from "@preact/signals";
import type { Client } from "../../api/client";
import type { Thumb } from "../../draw/scatter_pictures";

const BATCH = 256;
const FLIGHTS = 2;
const KEPT_BYTES = 48 << 20;

type Load = (rows: readonly number[]) => Promise<readonly (Thumb | null)[]>;

export class Thumbs {
  /** Names the images that rows stand for. */
  readonly name: string;
  readonly #load: Load;
  readonly #known = new Map<number, Thumb>();
  readonly #missing = new Set<number>();
  #wanted: number[] = [];
  readonly #first: number[] = [];
  #flying = new Set<number>();
  #flights = 0;
  #bytes = 0;
  /** Why pictures could not be had; empty while they can. */
  readonly problem = signal("");
  readonly #listeners = new Set<() => void>();

  constructor(name: string, load: Load) {
    this.name = name;
    this.#load = load;
  }

  /** The picture of a row, if it is here. */
  get(row: number): Thumb | undefined {
    return this.#known.get(row);
  }

  /** Fetch those that are not here, instead of what was wished for before. */
  want(rows: readonly number[]): void {
    this.#wanted = rows.filter((row) => this.#isNews(row));
    for (const row of rows) this.#touch(row);
    this.#pump();
  }

  /** Fetch these too, before the others; later wishes of the map do not replace them. */
  wantAlso(rows: readonly number[]): void {
    this.#first.push(...rows.filter((row) => this.#isNews(row)));
    this.#pump();
  }

  /** Be told when pictures have come; returns what ends it. */
  listen(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #isNews(row: number): boolean {
    return !this.#known.has(row) && !this.#missing.has(row) && !this.#flying.has(row);
  }

  #touch(row: number): void {
    const thumb = this.#known.get(row);
    if (!thumb) return;
    this.#known.delete(row);
    this.#known.set(row, thumb);
  }

  #pump(): void {
    while (this.#flights < FLIGHTS && this.#first.length + this.#wanted.length > 0) {
      const next = this.#first.length > 0 ? this.#first : this.#wanted;
      const rows = [...new Set(next.splice(0, BATCH))].filter((row) => this.#isNews(row));
      if (rows.length > 0) void this.#fly(rows);
    }
  }

  async #fly(rows: readonly number[]): Promise<void> {
    this.#flights++;
    for (const row of rows) this.#flying.add(row);
    try {
      const thumbs = await this.#load(rows);
      for (const [at, row] of rows.entries()) this.#keep(row, thumbs[at] ?? null);
    } catch (error) {
      // Points stand for the pictures that cannot be had.
      this.problem.value = error instanceof Error ? error.message : String(error);
      for (const row of rows) this.#missing.add(row);
    } finally {
      this.#flights--;
      for (const row of rows) this.#flying.delete(row);
    }
    this.#pump();
    for (const listener of this.#listeners) listener();
  }

  #keep(row: number, thumb: Thumb | null): void {
    if (!thumb) {
      this.#missing.add(row);
      return;
    }
    this.#known.set(row, thumb);
    this.#bytes += thumb.rgb.length;
    for (const [oldest, old] of this.#known) {
      if (this.#bytes <= KEPT_BYTES) break;
      this.#known.delete(oldest);
      this.#bytes -= old.rgb.length;
    }
  }
}

let last: Thumbs | null = null;

/** The pictures of a data set of a run, or of its examples; one store for all columns of the view. */
export function thumbsOf(
  client: Client,
  run: string,
  about: { dataset: string | null; examples: string; exampleRow: (row: number) => number | null },
): Thumbs {
  const { dataset, examples, exampleRow } = about;
  const name = `${run}|${dataset ?? `examples ${examples}`}`;
  if (last?.name === name) return last;
  last = new Thumbs(
    name,
    dataset === null
      ? (rows) => exampleThumbs(client, run, examples, rows.map(exampleRow))
      : (rows) => datasetThumbs(client, run, dataset, rows),
  );
  return last;
}

async function datasetThumbs(client: Client, run: string, name: string, rows: readonly number[]) {
  const { images, height, width } = await client.layouts.thumbnails(run, name, rows).load();
  return rows.map((_, at) => cut(images, at, height, width));
}

async function exampleThumbs(
  client: Client,
  run: string,
  digest: string,
  rows: readonly (number | null)[],
): Promise<(Thumb | null)[]> {
  const { images, height, width, count } = await client.examples(run, digest).load();
  return rows.map((row) => (row !== null && row < count ? cut(images, row, height, width) : null));
}

/** A copy, so that a kept picture does not hold its whole batch. */
function cut(images: Uint8Array, at: number, height: number, width: number): Thumb {
  const size = height * width * 3;
  return { rgb: images.slice(at * size, (at + 1) * size), height, width };
}
