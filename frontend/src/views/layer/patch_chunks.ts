/** The best patch of every channel of a layer, asked for in pieces that one answer may hold. */

import type { Patches } from "../../api/layouts";
import type { TrueColours } from "../../draw/true_colours";

/** Bytes of crops that an answer is asked to look through. */
const MOST_BYTES = 8 * 2 ** 20;

/** Ranges of channels for crops of the shape (K, T, h, w, colours). */
export function chunksOf(shape: readonly number[]): { channel: number; count: number }[] {
  const [channels = 0, ...rest] = shape;
  const bytes = rest.reduce((product, side) => product * side, 1);
  const count = Math.max(1, Math.floor(MOST_BYTES / Math.max(1, bytes)));
  return Array.from({ length: Math.ceil(channels / count) }, (_, at) => ({
    channel: at * count,
    count: Math.min(count, channels - at * count),
  }));
}

/** All channels' best crops. */
export interface Sheet extends TrueColours {
  /** (K,), NaN where there is none. */
  activations: Float32Array;
  step: number;
}

/** The answers as one; undefined until all of them are there. */
export function sheetOf(answers: readonly (Patches | undefined)[]): Sheet | undefined {
  const [first] = answers;
  const there = answers.filter((one) => one !== undefined);
  if (!first || there.length < answers.length) return undefined;
  const { height, width, facts } = first;
  const count = there.reduce((sum, one) => sum + one.channels, 0);
  const images = new Uint8Array(count * height * width * 3);
  const activations = new Float32Array(count);
  for (const { crops, activations: values, facts: own } of there) {
    images.set(crops, own.first * height * width * 3);
    activations.set(values, own.first);
  }
  return { count, height, width, images, activations, step: facts.step };
}
