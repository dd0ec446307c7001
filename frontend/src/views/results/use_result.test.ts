import { expect, test } from "vitest";
import type { Images, ResultRecord } from "../../api/types";
import { objectiveText } from "./gallery";
import { together } from "./use_result";

function answer(captions: string[], side = 1): Images {
  const count = captions.length;
  const images = new Uint8Array(count * side * side * 3);
  return { facts: { captions } as Images["facts"], count, height: side, width: side, images };
}

function record(layer: string | null, facts: object = {}): ResultRecord {
  return { layer, facts } as unknown as ResultRecord;
}

test("records of several layers make one sheet whose captions name the layer, once", () => {
  const gallery = together([answer(["0.2"]), answer(["conv2 0.5"])], [record("conv1"), record("conv2")]);
  expect(gallery?.captions).toEqual(["conv1 · 0.2", "conv2 0.5"]);
  expect(gallery?.images.length).toBe(6);
});

test("pictures of another size are left out, not stretched", () => {
  const gallery = together([answer(["a"]), answer(["b"], 2)], [record(null), record(null)]);
  expect(gallery?.captions).toEqual(["a"]);
});

test("what a method counts as its first example is called as the run calls it", () => {
  const own = record("relu", { examples: ["example 2", "picture 0"] });
  const gallery = together([answer(["example 0 · 0.12", "example 1 · 0.3", "no example"])], [own]);
  expect(gallery?.captions).toEqual(["example 2 · 0.12", "picture 0 · 0.3", "no example"]);
});

test("an objective belongs to its picture, and to none where there is not one a picture", () => {
  const each = together([answer(["a", "b"])], [record(null, { objective: [1, 2.5] })]);
  expect(each && objectiveText(each, 1)).toBe("2.50");
  const one = together([answer(["a", "b"])], [record(null, { objective: [1] })]);
  expect(one && objectiveText(one, 0)).toBe("");
});

test("nothing is made of nothing", () => {
  expect(together([], [])).toBeUndefined();
});
