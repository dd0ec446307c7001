import { expect, test } from "vitest";
import { draftOf, placeIn } from "./asking";
import { sampleCard, sampleScene } from "./sample_jobs";

const own = { name: "a", data: "aGk=", rgb: new Uint8Array(0), width: 1, height: 1, digest: null };
const saliency = sampleCard("saliency", { views: { default: 1 } });
const wish = { place: "saliency", method: "saliency", params: { views: 10, layer: null, old: 3 } };

test("a request has what the method knows, the class that was chosen, and the example", () => {
  expect(draftOf(sampleScene({ image: 4, chosen: 7 }), wish, saliency)).toEqual({
    ...{ run: "run", method: "saliency", step: 10, examples: [4] },
    params: { views: 10, target: 7 },
  });
});

test("without a choice the class is left to the method, and a unit has none", () => {
  expect(draftOf(sampleScene({ usual: 7 }), wish, saliency)?.params).toEqual({ views: 10 });
  const unit = { ...wish, params: { layer: "conv", channel: 3 } };
  const params = draftOf(sampleScene({ chosen: 7 }), unit, undefined)?.params;
  expect(params).toEqual({ layer: "conv", channel: 3 });
});

test("an own picture goes along, and no example", () => {
  const draft = draftOf(sampleScene({ own }), wish, saliency);
  expect([draft?.inputs, draft?.examples]).toEqual([[{ data: "aGk=" }], undefined]);
});

test("the stored weights have no step; with later checkpoints only there is no request", () => {
  const stored = sampleScene({ weights: { step: null, place: "stored" } });
  expect(draftOf(stored, wish, saliency)?.step).toBeNull();
  expect(draftOf(sampleScene({ weights: { step: 40, place: "after" } }), wish, saliency)).toBeNull();
});

test("what was said of a place is not said of it with another picture or class", () => {
  const places = [sampleScene(), sampleScene({ image: 1 }), sampleScene({ chosen: 2 }), sampleScene({ own })];
  expect(new Set(places.map((scene) => placeIn(scene, "saliency"))).size).toBe(4);
});
