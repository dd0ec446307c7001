import { expect, test } from "vitest";
import type { JobView } from "../../api/types";
import { candidates, comparisonLabels } from "./comparison";

let created = 0;

function job(params: object, rest: object = {}, result: string | null = "d"): JobView {
  created++;
  const request = { id: `j${created}`, method: "ascent", params, step: 20, seed: 0, created, ...rest };
  return { run: "r", request, status: { result } } as unknown as JobView;
}

test("labels name only what differs", () => {
  const [a, b] = [job({ rate: 1, tv: 0 }), job({ rate: 2, tv: 0 }, { seed: 3 })];
  expect(comparisonLabels(a, b)).toEqual(["seed 0 · rate 1", "seed 3 · rate 2"]);
});

test("the same asked twice is told apart by when", () => {
  const [one, two] = comparisonLabels(job({ rate: 1 }), job({ rate: 1 }));
  expect([one, two].every((label) => label.startsWith("asked "))).toBe(true);
});

test("what differs least is offered first, and what has no result, or one of another kind, not at all", () => {
  const own = job({ rate: 1, tv: 0 });
  const [near, far] = [job({ rate: 2, tv: 0 }), job({ rate: 2, tv: 1 }, { seed: 1 })];
  const dream = job({ rate: 1, tv: 0 }, { method: "dream" });
  const table = job({}, { method: "table" });
  const kinds = new Map([
    ["ascent", "images"],
    ["dream", "images"],
    ["table", "scores"],
  ]);
  const waiting = job({ rate: 3, tv: 0 }, {}, null);
  expect(candidates(own, [own, dream, far, table, near, waiting], kinds)).toEqual([near, far, dream]);
});
