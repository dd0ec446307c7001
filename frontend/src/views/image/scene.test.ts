import { expect, test } from "vitest";
import { sampleJob, sampleScene } from "./sample_jobs";
import { jobsOf, pictureOf, stepOf, weightsTitle } from "./scene";

const own = { name: "cat.png", data: "", rgb: new Uint8Array(0), width: 1, height: 1, digest: "d2" };

test("a job's pictures are its examples in their order, then its own ones", () => {
  const { request } = sampleJob({ examples: [4, 2], digests: ["d1", "d2"] });
  expect(pictureOf(request, sampleScene({ image: 2 }))).toBe(1);
  expect(pictureOf(request, sampleScene({ image: 3 }))).toBe(-1);
  expect(pictureOf(request, sampleScene({ own }))).toBe(3);
  expect(pictureOf(request, sampleScene({ own: { ...own, digest: null } }))).toBe(-1);
});

test("a job without examples looks at all of them, unless it has own pictures", () => {
  expect(pictureOf(sampleJob({ examples: [] }).request, sampleScene({ image: 7 }))).toBe(7);
  const withOwn = sampleJob({ examples: [], digests: ["d2"] }).request;
  expect(pictureOf(withOwn, sampleScene({ image: 7 }))).toBe(-1);
  expect(pictureOf(withOwn, sampleScene({ own }))).toBe(0);
});

test("jobs of other runs, weights and pictures are not the scene's, and the newest comes first", () => {
  const jobs = [
    sampleJob({ id: "old", created: 1 }),
    sampleJob({ id: "new", created: 2 }),
    sampleJob({ id: "other step", step: 20 }),
    sampleJob({ id: "other picture", examples: [1] }),
    { ...sampleJob({ id: "other run" }), run: "b" },
  ];
  expect(jobsOf(jobs, sampleScene(), new Set()).map((job) => job.request.id)).toEqual(["new", "old"]);
});

test("what was made before the weights were recorded anew is not of them, unless this page asked for it", () => {
  const jobs = [sampleJob({ id: "old", created: 10 }), sampleJob({ id: "new", created: 30 })];
  const ids = (asked: string[]) =>
    jobsOf(jobs, sampleScene({ since: 20 }), new Set(asked)).map((job) => job.request.id);
  expect([ids([]), ids(["old"])]).toEqual([["new"], ["new", "old"]]);
});

test("nothing can be asked where every checkpoint is later than the step looked at", () => {
  expect(stepOf({ step: 40, place: "after" })).toBeUndefined();
  expect(stepOf({ step: null, place: "stored" })).toBeNull();
  expect(stepOf({ step: 40, place: "before" })).toBe(40);
  expect(weightsTitle({ step: 40, place: "before" })).toBe("checkpoint 40");
});
