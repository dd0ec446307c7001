import { beforeEach, expect, test } from "vitest";
import { moveLayer, moveStep, toggleFollow, togglePlay } from "./moves";
import { sampleIndex } from "./sample_index";
import { Store } from "./store";

let store: Store;

beforeEach(() => {
  store = new Store();
  store.a.index.value = sampleIndex({
    steps: [0, 10, 20],
    layers: [{ name: "a" }, { name: "box", container: true }, { name: "b" }],
  });
});

test("the latest capture is shown until another step is chosen, and new ones are followed", () => {
  expect(store.a.shown.value).toBe(20);
  store.a.index.value = sampleIndex({ steps: [0, 10, 20, 30] });
  expect(store.a.shown.value).toBe(30);
  moveStep(store.a, -1);
  store.a.index.value = sampleIndex({ steps: [0, 10, 20, 30, 40] });
  expect(store.a.shown.value).toBe(20);
});

test("a step of a link between two captures shows the earlier one, before the first the first", () => {
  store.a.step.value = 15;
  expect(store.a.shown.value).toBe(10);
  store.a.step.value = -3;
  expect(store.a.shown.value).toBe(0);
});

test("steps end at both ends", () => {
  moveStep(store.a, Number.NEGATIVE_INFINITY);
  expect(store.a.shown.value).toBe(0);
  moveStep(store.a, 99);
  expect(store.a.shown.value).toBe(20);
});

test("follow stays where it is when it is switched off", () => {
  toggleFollow(store.a);
  expect([store.a.step.value, store.a.follows.value]).toEqual([20, false]);
  toggleFollow(store.a);
  expect(store.a.follows.value).toBe(true);
});

test("layers are walked in forward order without containers, and the channel is let go", () => {
  store.channel.value = 3;
  moveLayer(store, 1);
  expect([store.layer.value, store.channel.value]).toEqual(["a", null]);
  moveLayer(store, 1);
  expect(store.layer.value).toBe("b");
  moveLayer(store, 1);
  expect(store.layer.value).toBe("b");
});

test("playing starts over at the end, and not with one capture", () => {
  togglePlay(store);
  expect([store.a.shown.value, store.playing.value]).toEqual([0, true]);
  togglePlay(store);
  expect(store.playing.value).toBe(false);
  store.a.index.value = sampleIndex({ steps: [4] });
  togglePlay(store);
  expect(store.playing.value).toBe(false);
});
