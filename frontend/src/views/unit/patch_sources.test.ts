import { expect, test } from "vitest";
import type { JobView, ResultAnswer } from "../../api/types";
import { sampleIndex } from "../../state/sample_index";
import { jobSources, patchJobs, recordedSources, sourceAt, stepped, timeline } from "./patch_sources";

const patches = { method: "top_patches", kind: "patches", layer: "relu" };
const index = sampleIndex({
  steps: [0, 100, 200, 300],
  series: [
    { ...patches, at: [1, 3] },
    { ...patches, key: "top_patches@1/relu", at: [2, 3] },
    { ...patches, layer: "other" },
  ],
});

function job(id: string, step: number | null, more: { layers?: unknown; state?: string; run?: string } = {}) {
  const { layers = ["relu"], state = "done", run = "run" } = more;
  const request = { id, method: "top_patches", params: { layers }, step, created: Number(id.slice(1)) };
  return { run, request, status: { state } } as unknown as JobView;
}

function result(layer: string): ResultAnswer {
  const records = [{ key: `top_patches/${layer}`, kind: "patches", layer }];
  return { digest: `of ${layer}`, records, python: "" } as unknown as ResultAnswer;
}

const about = { run: "run", layer: "relu" };

test("every capture of a layer is a source, the first set of parameters before the second", () => {
  const found = recordedSources(index, "relu");
  expect(found.map(({ step, held }) => [step, held.key])).toEqual([
    [100, "top_patches/relu"],
    [200, "top_patches@1/relu"],
    [300, "top_patches/relu"],
  ]);
  expect(recordedSources(index, "absent")).toEqual([]);
});

test("a finished job of this run is one, if it found something of the layer", () => {
  const jobs = [job("j1", 0), job("j2", 100, { run: "other" }), job("j3", 200), job("j4", null)];
  const results = new Map(["j1", "j2", "j4"].map((id) => [id, result(id === "j1" ? "else" : "relu")]));
  expect(jobSources(jobs, results, about)).toEqual([
    { held: { job: "j4", key: "top_patches/relu", digest: "of relu" }, step: null, job: jobs[3] },
  ]);
});

test("what was recorded comes before a job's, the latest job before others", () => {
  const jobs = [job("j1", 0), job("j2", 0), job("j3", 100)];
  const results = new Map(jobs.map(({ request }) => [request.id, result("relu")]));
  const all = timeline(recordedSources(index, "relu"), jobSources(jobs, results, about));
  expect(all.map(({ step, job: one }) => [step, one?.request.id ?? null])).toEqual([
    [0, "j2"],
    [100, null],
    [200, null],
    [300, null],
  ]);
});

test("the step looked at shows the latest at or before it, never a later one", () => {
  const sources = recordedSources(index, "relu");
  expect([0, 100, 250, 900].map((step) => sourceAt(sources, step)?.step)).toEqual([undefined, 100, 200, 300]);
  const results = new Map([["j1", result("relu")]]);
  const unstepped = timeline(sources, jobSources([job("j1", null)], results, about));
  expect([sourceAt(unstepped, 0)?.step, sourceAt(unstepped, 100)?.step]).toEqual([null, 100]);
  expect(stepped(unstepped)).toHaveLength(3);
});

test("jobs under way are those that were asked for the layer, done ones any", () => {
  const jobs = [
    job("j1", 0, { state: "running" }),
    job("j2", 0, { state: "running", layers: ["else"] }),
    job("j3", 0, { layers: "auto" }),
    job("j4", 0, { run: "other" }),
  ];
  expect(patchJobs(jobs, about).map(({ request }) => request.id)).toEqual(["j1", "j3"]);
});
