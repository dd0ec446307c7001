import { expect, test } from "vitest";
import type { MethodCard } from "../api/types";
import {
  chooseMethod,
  draftText,
  formatDraft,
  freshDraft,
  openDraft,
  parseDraft,
  withDefaults,
  withoutDefaults,
} from "./draft";
import { Link } from "./link";
import { Store } from "./store";

const card = {
  name: "dream",
  schema: {
    properties: { rate: { default: 1.5 }, layer: { default: null }, units: { default: [0] }, image: {} },
  },
} as unknown as MethodCard;

test("a draft comes back from its text, defaults left out", () => {
  const draft = { ...freshDraft("dream"), params: { layer: "a/b" }, step: 400, examples: [2], seed: 3 };
  expect(parseDraft(formatDraft(draft))).toEqual(draft);
  expect(formatDraft(freshDraft("dream"))).toBe('{"method":"dream"}');
  const latest = { ...freshDraft("dream"), step: null };
  expect(parseDraft(formatDraft(latest))?.step).toBeNull();
});

test("what a stranger's link holds is taken only where it has the right type", () => {
  expect(parseDraft("{")).toBeUndefined();
  expect(parseDraft("[1]")).toBeUndefined();
  expect(parseDraft('{"method":3}')).toBeUndefined();
  expect(draftText("1".repeat(30_000))).toBeUndefined();
  const wild = parseDraft(
    '{"method":"m","params":[1],"step":-4,"examples":[1,"2",-1],"seed":"s","device":7}',
  );
  expect(wild).toEqual({ method: "m", params: {}, examples: [1], seed: 0, device: null });
});

test("only what differs from its default is kept, and all of it comes back", () => {
  const params = { rate: 1.5, layer: "conv", units: [0], image: 4 };
  const kept = withoutDefaults(card, params);
  expect(kept).toEqual({ layer: "conv", image: 4 });
  expect(withDefaults(card, kept)).toEqual(params);
  expect(withDefaults(card, {})).toEqual({ rate: 1.5, layer: null, units: [0] });
});

test("a prepared job travels in the link", () => {
  const store = new Store();
  const link = new Link(store);
  openDraft(store, { run: "r", method: "dream", params: { layer: "conv1:1", channels: [7] }, step: 40 });
  const hash = link.write("#cnnviz");
  const other = new Store();
  new Link(other).read(hash);
  expect([other.view.value, other.a.run.value]).toEqual(["jobs", "r"]);
  expect(parseDraft(other.draft.value)).toMatchObject({
    params: { layer: "conv1:1", channels: [7] },
    step: 40,
  });
});

test("a method's form is as it was left; a new one keeps the pictures and weights chosen", () => {
  const store = new Store();
  openDraft(store, { method: "dream", params: { rate: 2 }, examples: [3], step: 40 });
  chooseMethod(store, "climb");
  expect(parseDraft(store.draft.value)).toEqual({ ...freshDraft("climb"), examples: [3], step: 40 });
  chooseMethod(store, "dream");
  expect(parseDraft(store.draft.value)?.params).toEqual({ rate: 2 });
});
