import { beforeEach, expect, test } from "vitest";
import type { MethodCard } from "../../api/types";
import { forgetPreset, howOf, presetOf, savedPresets, savePreset, withPreset } from "./presets";

const card = {
  name: "climb",
  presets: [
    { name: "a", title: "Set A", params: { rate: 2, blur: 0.5 }, source: "a paper" },
    { name: "b", title: "Set B", params: { rate: 2, decay: 0.1 }, source: "" },
  ],
  schema: {
    properties: {
      layer: { "x-widget": "layer", default: null },
      weights: { type: "array", items: { type: "number" }, default: [] },
      rate: { type: "number", default: 1 },
      blur: { type: "number", default: 0 },
      decay: { type: "number", default: 0 },
      steps: { type: "integer", default: 10 },
    },
  },
} as unknown as MethodCard;
const [setA, setB] = card.presets;

beforeEach(() => localStorage.clear());

test("a preset leaves what is looked at, and takes back all else", () => {
  const atA = withPreset(card, { layer: "conv", weights: [1, 2], steps: 3 }, setA ?? null);
  expect(atA).toEqual({ layer: "conv", weights: [1, 2], rate: 2, blur: 0.5 });
  expect(withPreset(card, atA, setB ?? null)).toEqual({
    layer: "conv",
    weights: [1, 2],
    rate: 2,
    decay: 0.1,
  });
  expect(withPreset(card, atA, null)).toEqual({ layer: "conv", weights: [1, 2] });
});

test("the preset that the values are at is known, also when a link brought them", () => {
  expect(presetOf(card, { layer: "conv" })).toBeNull();
  expect(presetOf(card, { layer: "conv", rate: 2, decay: 0.1 })).toBe(setB);
  expect(presetOf(card, { rate: 3 })).toBeUndefined();
  expect(presetOf(card, { rate: 2, decay: 0.1, steps: 11 })).toBeUndefined();
  expect(presetOf({ ...card, presets: [] }, { steps: 11 })).toBeUndefined();
});

test("own values are kept under a name, without what is looked at, and forgotten again", () => {
  expect(savePreset("climb", " mine ", howOf(card, { layer: "conv", steps: 5 }))).toBe(true);
  const [mine] = savedPresets("climb");
  expect(mine).toMatchObject({ title: "mine", params: { steps: 5 } });
  expect(presetOf(card, { layer: "fc", steps: 5 })?.title).toBe("mine");
  expect(withPreset(card, { steps: 5, layer: "fc" }, null)).toEqual({ layer: "fc" });
  savePreset("climb", "mine", { steps: 6 });
  expect(savedPresets("climb").map((one) => one.params)).toEqual([{ steps: 6 }]);
  forgetPreset("climb", mine?.name ?? "");
  expect(savedPresets("climb")).toEqual([]);
});

test("whatever else lies in the storage does no harm", () => {
  for (const text of [
    "{",
    "[]",
    "null",
    '{"climb":3}',
    '{"climb":[null,{"name":1},{"name":"x","title":"x"}]}',
  ]) {
    localStorage.setItem("cnnviz.presets", text);
    expect(savedPresets("climb")).toEqual([]);
  }
  expect(savePreset("climb", "mine", {})).toBe(true);
});
