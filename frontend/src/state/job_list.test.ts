import { expect, test } from "vitest";
import type { JobStatus, JobView } from "../api/types";
import { grouped, lastDone, merged, NO_JOBS, secondsOf, withJob, withoutJob } from "./job_list";

function job(id: string, state: JobStatus["state"], more: Partial<JobStatus> = {}, run = "r"): JobView {
  const request = { id, method: "dream", run } as JobView["request"];
  return {
    run,
    request,
    status: { state, started: null, finished: null, ...more } as JobStatus,
    in_cache: false,
    network: null,
  };
}

const ids = (jobs: JobView[]) => jobs.map((one) => one.request.id);

test("an answer by revision changes what it names and drops what has gone from the order", () => {
  const first = merged(NO_JOBS, {
    rev: "1",
    order: ["a", "b"],
    jobs: [job("a", "running"), job("b", "queued")],
  });
  const second = merged(first, { rev: "2", order: ["b"], jobs: [job("b", "running")] });
  expect(second.order).toEqual(["b"]);
  expect(second.byId.get("b")?.status.state).toBe("running");
  expect(second.byId.has("a")).toBe(false);
});

test("an id that the page knows nothing of is passed over until it does", () => {
  const list = merged(NO_JOBS, { rev: "1", order: ["a", "b"], jobs: [job("b", "queued")] });
  expect(list.order).toEqual(["b"]);
});

test("jobs are grouped as they go", () => {
  const states: JobStatus["state"][] = ["cancelling", "starting", "queued", "done", "failed", "cancelled"];
  const jobs = states.map((state) => job(state, state));
  const groups = grouped(merged(NO_JOBS, { rev: "1", order: states, jobs }));
  expect(ids(groups.running)).toEqual(["cancelling", "starting"]);
  expect(ids(groups.waiting)).toEqual(["queued"]);
  expect(ids(groups.ended)).toEqual(["done", "failed", "cancelled"]);
});

test("a job asked for is in the list at once, one removed is not", () => {
  const list = withJob(withJob(NO_JOBS, job("a", "queued")), job("a", "running"));
  expect(list.order).toEqual(["a"]);
  expect(list.byId.get("a")?.status.state).toBe("running");
  expect(withoutJob(list, "a").order).toEqual([]);
});

test("what a method costs is measured on the same run, by the latest that was finished", () => {
  const done = { started: 10, finished: 12.5 };
  const jobs = [job("x", "failed", done), job("a", "done", done, "other"), job("b", "done", done)];
  const list = merged(NO_JOBS, { rev: "1", order: ["x", "a", "b"], jobs });
  expect(lastDone(list, "dream", "r")?.request.id).toBe("b");
  expect(lastDone(list, "dream")?.request.id).toBe("a");
  expect(lastDone(list, "other", "r")).toBeUndefined();
  expect(secondsOf(job("b", "done", done))).toBe(2.5);
  expect(secondsOf(job("b", "cancelled", { finished: 3 }))).toBeNull();
});
