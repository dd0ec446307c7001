import { expect, test } from "vitest";
import type { JobView, MethodCard, ResultRecord } from "../../api/types";
import { captionText, changedParams, durationText, pngTexts } from "./provenance";

const card = {
  title: "Activation maximisation",
  schema: { properties: { layer: { default: null }, units: { default: [0] }, rate: { default: 0.05 } } },
} as unknown as MethodCard;
const request = {
  id: "j1",
  method: "activation_maximization",
  params: { layer: "relu", units: [3], rate: 0.05, weights: [] },
  step: 400,
  seed: 2,
};
const job = { run: "lr-0.2", request } as unknown as JobView;

test("only what differs from the defaults is listed", () => {
  const known = changedParams(job.request, card).filter(([name]) => name !== "weights");
  expect(known).toEqual([
    ["layer", "relu"],
    ["units", "3"],
  ]);
});

test("without the catalogue every parameter that says something is listed", () => {
  expect(changedParams(job.request, undefined).map(([name]) => name)).toEqual(["layer", "units", "rate"]);
});

test("a caption says what, how, when and with which seed", () => {
  const text = captionText({ ...job, request: { ...job.request, params: { rate: 1 } } }, card, "relu 3");
  expect(text).toBe("relu 3 · Activation maximisation · step 400 of run lr-0.2 · rate 1 · seed 2");
});

test("a PNG carries the record's provenance, or the request where there is no record", () => {
  const record = { provenance: { method: "m", seed: 2 } } as unknown as ResultRecord;
  const texts = pngTexts("relu 3 · Activation · step 400", [{ job, record, picture: 1 }]);
  expect(texts.Title).toBe("relu 3 · Activation");
  expect(JSON.parse(texts.cnnviz ?? "")).toEqual({
    job: "j1",
    picture: 1,
    provenance: { method: "m", seed: 2 },
  });
  const asked = JSON.parse(pngTexts("x", [{ job, record: undefined, picture: 0 }]).cnnviz ?? "");
  expect(asked.provenance.step).toBe(400);
});

test("durations are said in seconds, then minutes", () => {
  expect([0.42, 12.3, 119.8, 185, 7300].map(durationText)).toEqual([
    "0.4 s",
    "12 s",
    "2 min 0 s",
    "3 min 5 s",
    "2 h 1 min",
  ]);
});
