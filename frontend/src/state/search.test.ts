import { expect, test } from "vitest";
import type { JobView } from "../api/types";
import { merged, NO_JOBS } from "./job_list";
import { sampleIndex } from "./sample_index";
import { findHits } from "./search";
import { Store } from "./store";

const index = sampleIndex({
  layers: [
    { name: "layer1.conv" },
    { name: "layer1", container: true },
    { name: "layer1.relu", kind: "relu", shape: [16, 8, 8] },
    { name: "conv" },
  ],
  labels: [0, 1, 1],
});
const views = [{ name: "compare", title: "Compare" }] as const;
const texts = (query: string) => findHits(index, views, query).map((hit) => hit.text);

test("an exact name comes before a part of a name", () => {
  expect(texts("conv")).toEqual(["conv", "layer1.conv"]);
});

test("a layer and a number are a channel of it, if it has that many", () => {
  expect(texts("relu 12")[0]).toBe("layer1.relu 12");
  expect(texts("relu 16")).toEqual([]);
  const store = new Store();
  findHits(index, views, "relu #3")[0]?.go(store);
  expect([store.view.value, store.layer.value, store.channel.value]).toEqual(["unit", "layer1.relu", 3]);
  expect(texts("relu unit 3")[0]).toBe("layer1.relu 3");
});

test("a class is found, to be explained, and its images after it; a number finds the image", () => {
  expect(texts("dog")).toEqual(["class 1 · dog", "image 1 · dog", "image 2 · dog"]);
  const store = new Store();
  findHits(index, views, "dog")[0]?.go(store);
  expect([store.view.value, store.target.value]).toEqual(["image", 1]);
  expect(texts("image 0")).toEqual(["image 0 · cat"]);
});

test("an example is found by its own name, which is said", () => {
  const examples = {
    ...(index.examples as NonNullable<typeof index.examples>),
    names: ["a", "chelsea.png", "b"],
  };
  const hits = findHits({ ...index, examples }, views, "chel");
  expect(hits.map((hit) => [hit.kind, hit.text])).toEqual([["image", "image 1 · chelsea.png · dog"]]);
});

test("an image of the data set is found by its file's name", () => {
  const names = ["dogs/rex.png", "cats/tom.png", "rexy.png"];
  const hits = findHits(index, views, "rex", undefined, { names });
  expect(hits.map((hit) => hit.text)).toEqual(["rexy.png", "dogs/rex.png"]);
  const store = new Store();
  hits[1]?.go(store);
  expect([store.view.value, store.point.value]).toEqual(["embedding", 0]);
});

test("views are found, and nothing finds nothing", () => {
  expect(texts("comp")).toEqual(["Compare"]);
  expect([texts(""), texts("xyz")]).toEqual([[], []]);
});

test("a job is found by its method, its layer and its id, and opened", () => {
  const request = { id: "j7", method: "deep_dream", params: { layer: "layer1.relu" }, step: 40 };
  const job = { run: "r", request, status: { state: "done" }, in_cache: false } as unknown as JobView;
  const jobs = merged(NO_JOBS, { rev: "1", order: ["j7"], jobs: [job] });
  const find = (query: string) => findHits(index, views, query, jobs).filter((hit) => hit.kind === "job");
  for (const query of ["deep dr", "dream layer1", "step 40", "j7"])
    expect(find(query).map((hit) => hit.text)).toEqual(["deep dream layer1.relu step 40"]);
  const store = new Store();
  find("j7")[0]?.go(store);
  expect([store.view.value, store.job.value]).toEqual(["jobs", "j7"]);
});
