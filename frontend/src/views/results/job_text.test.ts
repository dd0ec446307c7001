import { expect, test } from "vitest";
import type { JobStatus } from "../../api/types";
import { isUnderWay, progressText, stateText } from "./job_text";

function status(given: Partial<JobStatus>): JobStatus {
  const none = { iteration: 0, total: 0, rate: 0, remaining: null, message: "" };
  return { state: "running", ...none, ...given } as JobStatus;
}

test("a running job says how far it is, how fast, and how long it will take", () => {
  const running = status({ iteration: 100, total: 200, rate: 5.9, remaining: 17 });
  expect(progressText(running)).toBe("iteration 100 of 200 · 5.9 it/s · 17 s left");
  expect(stateText(running)).toBe("50 %");
});

test("a slow one says seconds an iteration, and one that is stopped no time to go", () => {
  const slow = status({ state: "cancelling", iteration: 1, total: 3, rate: 0.25, remaining: 9 });
  expect(progressText(slow)).toBe("iteration 1 of 3 · 4.0 s an iteration · stopping");
});

test("before it runs it says what is waited for", () => {
  expect(progressText(status({ state: "queued" }))).toBe("waiting for a worker");
  expect(progressText(status({ state: "starting" }))).toBe("loading the network");
  expect(
    ["queued", "starting", "running", "cancelling"].map((state) => isUnderWay(status({ state } as never))),
  ).toEqual(Array(4).fill(true));
  expect(isUnderWay(status({ state: "done" }))).toBe(false);
});
