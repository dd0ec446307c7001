import { expect, test } from "vitest";
import type { Origin } from "../../api/types";
import { chainOf } from "./chain";

function origin(job: string, changes: Partial<Origin> = {}): Origin {
  const place = { job, image: 0, method: "texture", params: {}, run: "r", step: null };
  return { ...place, examples: [], seed: 0, inputs: [], cut: false, ...changes };
}

const said = (origins: (Origin | null)[]) =>
  chainOf(origins).map(({ depth, origin: made, text }) => `${depth} ${made?.job ?? "–"} ${text}`);

test("the chain goes from the input to the first pictures", () => {
  const first = origin("first", { examples: [3, 5] });
  const second = origin("second", { image: 2, inputs: [null, first, null] });
  expect(said([second, null])).toEqual([
    "0 second picture 3",
    "1 first picture 1",
    "2 – example 3, 5",
    "1 – 2 files",
    "0 – a file",
  ]);
});

test("a request of files alone has no chain, and a chain that was cut says so", () => {
  expect(said([])).toEqual([]);
  expect(said([null, null])).toEqual([]);
  expect(said([origin("late", { cut: true })]).at(-1)).toBe("1 – and jobs before that, not kept");
});
