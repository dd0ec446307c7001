import { expect, test } from "vitest";
import type { Patches } from "../../api/layouts";
import { chunksOf, sheetOf } from "./patch_chunks";

test("a layer of small crops is asked for at once, one of large crops in pieces", () => {
  expect(chunksOf([64, 9, 20, 20, 1])).toEqual([{ channel: 0, count: 64 }]);
  const pieces = chunksOf([10, 9, 224, 224, 3]);
  expect(pieces.map(({ count }) => count).reduce((a, b) => a + b)).toBe(10);
  expect(pieces.length).toBeGreaterThan(1);
  expect(pieces[1]?.channel).toBe(pieces[0]?.count);
  expect(chunksOf([])).toEqual([]);
});

function piece(first: number, values: number[]): Patches {
  const crops = Uint8Array.from(values.flatMap((value) => [value, value, value]));
  const activations = Float32Array.from(values);
  const facts = { first, step: 7 };
  return { facts, channels: values.length, top: 1, height: 1, width: 1, crops, activations } as Patches;
}

test("pieces make one sheet in the order of channels, once all are there", () => {
  expect(sheetOf([piece(0, [1, 2]), undefined])).toBeUndefined();
  expect(sheetOf([])).toBeUndefined();
  const sheet = sheetOf([piece(0, [1, 2]), piece(2, [3])]);
  expect([sheet?.count, sheet?.step, sheet && [...sheet.activations]]).toEqual([3, 7, [1, 2, 3]]);
  expect(sheet && [...sheet.images]).toEqual([1, 1, 1, 2, 2, 2, 3, 3, 3]);
});
