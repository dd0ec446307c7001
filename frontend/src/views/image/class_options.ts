/** Classes to choose from: as recorded, the top predictions, and whatever a few letters find. */

import { percentText } from "../../draw/number_text";
import { className, labelOf } from "../records/examples";
import type { Bench } from "./use_bench";

const MOST = 40;

interface Option {
  value: string;
  text: string;
  /** Right of the text. */
  note?: string;
}

type Known = Pick<Bench, "index" | "scene" | "guesses">;

/** Without words the usual one (value "") and the predictions; with words the classes they find, best first. */
export function classOptions({ index, scene, guesses }: Known, words: string): Option[] {
  const notes = new Map(
    guesses
      .filter((guess) => Number.isFinite(guess.probability))
      .map((guess) => [guess.target, percentText(guess.probability)]),
  );
  const option = (target: number): Option => {
    const note = notes.get(target);
    return { value: String(target), text: className(index, target), ...(note ? { note } : {}) };
  };
  const wanted = words.trim().toLowerCase();
  if (wanted) return found(index.examples?.class_names ?? null, wanted).map(option);
  const label = scene.own ? null : labelOf(index, scene.image);
  const first = label !== null ? `label: ${className(index, label)}` : "top prediction";
  const named = guesses.map((guess) => guess.target);
  const few = classesFew(index.examples?.class_names?.length ?? 0, named);
  return [{ value: "", text: first }, ...[...named, ...few].map(option)];
}

/** All other classes where they are few. */
function classesFew(count: number, named: readonly number[]): number[] {
  if (count === 0 || count > MOST) return [];
  return Array.from({ length: count }, (_, target) => target).filter((target) => !named.includes(target));
}

/** Classes by a number, or by letters of their names: beginnings first, then beginnings of words. */
function found(names: readonly string[] | null, words: string): number[] {
  if (/^\d{1,7}$/.test(words) && (names === null || Number(words) < names.length)) return [Number(words)];
  const ranked = (names ?? [])
    .map((name, target) => ({ target, rank: rankOf(name.toLowerCase(), words) }))
    .filter(({ rank }) => rank < 3);
  ranked.sort((a, b) => a.rank - b.rank || a.target - b.target);
  return ranked.slice(0, MOST).map(({ target }) => target);
}

function rankOf(name: string, words: string): number {
  if (name.startsWith(words)) return 0;
  if (name.includes(` ${words}`)) return 1;
  return name.includes(words) ? 2 : 3;
}
