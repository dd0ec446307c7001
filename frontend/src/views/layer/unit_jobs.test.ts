import { expect, test } from "vitest";
import type { JobView, Layer, RunIndex } from "../../api/types";
import { draftFor, jobFor, overCheckpoints, sheetFor, subjectAt, whyNoUnits } from "./unit_jobs";

const index = {
  name: "r",
  steps: [0, 10, 20],
  checkpoints: [true, false, true],
  model: { captured: "graph" },
} as unknown as RunIndex;

let created = 0;

function job(units: number[], state: string, rest: object = {}): JobView {
  created++;
  const params = { layer: "relu", units, weights: [], plus: [] };
  const request = {
    id: `j${created}`,
    method: "activation_maximization",
    params,
    step: 20,
    created,
    ...rest,
  };
  return { run: "r", request, status: { state } } as unknown as JobView;
}

const subject = subjectAt(index, "relu", [3], 20);

test("a request takes the method's defaults and the nearest weights", () => {
  expect(draftFor(subjectAt(index, "relu", [3], 10))).toEqual({
    run: "r",
    method: "activation_maximization",
    params: { layer: "relu", units: [3] },
    step: 0,
  });
});

test("the job found is of that very unit and step", () => {
  const jobs = [job([4], "done"), job([3], "done", { step: 0 }), job([3, 4], "done")];
  expect(jobFor(jobs, subject)).toBeUndefined();
  const own = job([3], "done");
  expect(jobFor([...jobs, own], subject)).toBe(own);
});

test("one that goes on or is done comes before one that was cancelled, and that before one that failed", () => {
  const [failed, cancelled, done] = [job([3], "failed"), job([3], "cancelled"), job([3], "done")];
  expect(jobFor([done, cancelled, failed], subject)).toBe(done);
  expect(jobFor([cancelled, failed], subject)).toBe(cancelled);
  const again = job([3], "running");
  expect(jobFor([done, again], subject)).toBe(again);
});

test("checkpoints without a job for the unit are left to ask for", () => {
  const jobs = new Map([job([3], "done"), job([4], "done", { step: 0 })].map((one) => [one.request.id, one]));
  const found = overCheckpoints(index, jobs, subject, 8);
  expect(found).toMatchObject({ missing: [0], all: 2, some: 2 });
  expect(found.there.map(({ step }) => step)).toEqual([20]);
  expect(overCheckpoints(index, jobs, subject, 1)).toMatchObject({ missing: [], some: 1 });
});

test("a direction is no unit, and a sheet has several", () => {
  const weighted = job([3], "done", { params: { layer: "relu", units: [3], weights: [1] } });
  expect(jobFor([weighted], subject)).toBeUndefined();
  const sheet = job([1, 2], "done");
  expect(sheetFor([job([3], "done"), sheet], subject)).toBe(sheet);
});

test("why not is said: no network, or a layer without channels", () => {
  const relu = { name: "relu", shape: [8, 4, 4] } as Layer;
  expect(whyNoUnits(index, relu)).toBeNull();
  expect(whyNoUnits({ ...index, model: null }, relu)).toContain("stores no network");
  expect(whyNoUnits(index, { ...relu, shape: [8, 4] })).toContain("neither channels nor maps");
});
