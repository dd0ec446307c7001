/** Pictures of a person's own that the bench looks at: kept while the page is open, never in the link. */

import { type Signal, signal } from "@preact/signals";

export interface BenchPicture {
  /** The file's name, cut to a length that fits. */
  name: string;
  /** Base64 of a PNG at the examples' size: what is sent, and what is shown. */
  data: string;
  /** The same, (height, width, 3). */
  rgb: Uint8Array;
  width: number;
  height: number;
  /** SHA-256 that jobs know it by; null until the first of them is asked for. */
  digest: string | null;
}

/** The newest first. */
export const benchPictures: Signal<readonly BenchPicture[]> = signal([]);

/** The one looked at instead of an example; null: an example. */
export const benchPicture: Signal<BenchPicture | null> = signal(null);

const MOST = 12;

/** Have a new picture at hand. */
export function keepBenchPicture(picture: BenchPicture): void {
  const others = benchPictures.value.filter((one) => one.data !== picture.data);
  benchPictures.value = [picture, ...others].slice(0, MOST);
}

/** Look at a new picture. */
export function addBenchPicture(picture: BenchPicture): void {
  keepBenchPicture(picture);
  benchPicture.value = picture;
}

/** Note what jobs call a picture. */
export function nameBenchPicture(picture: BenchPicture, digest: string): void {
  const named = { ...picture, digest };
  benchPictures.value = benchPictures.value.map((one) => (one.data === picture.data ? named : one));
  if (benchPicture.value?.data === picture.data) benchPicture.value = named;
}
