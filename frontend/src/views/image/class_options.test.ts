import { expect, test } from "vitest";
import { sampleIndex } from "../../state/sample_index";
import { classOptions } from "./class_options";
import { sampleScene } from "./sample_jobs";

const index = sampleIndex({ labels: [1] });
index.examples = {
  ...index.examples,
  class_names: ["tabby cat", "dog", "catamaran"],
} as typeof index.examples;
const guesses = [{ target: 2, probability: 0.5, score: 3 }];
const known = { index, scene: sampleScene(), guesses };

test("first the usual class, then the predictions with their share, then the rest of a few", () => {
  expect(classOptions(known, "")).toEqual([
    { value: "", text: "label: dog" },
    { value: "2", text: "catamaran", note: "50.0 %" },
    { value: "0", text: "tabby cat" },
    { value: "1", text: "dog" },
  ]);
});

test("letters find names by their beginnings first, a number its class", () => {
  expect(classOptions(known, "CAT").map((one) => one.value)).toEqual(["2", "0"]);
  expect(classOptions(known, "1").map((one) => one.text)).toEqual(["dog"]);
  expect(classOptions(known, "7")).toEqual([]);
});
