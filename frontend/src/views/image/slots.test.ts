import { expect, test } from "vitest";
import type { Series } from "../../api/types";
import { sampleIndex } from "../../state/sample_index";
import { sampleCard, sampleJob, sampleResult, sampleScene } from "./sample_jobs";
import { absentMethods, boxesOf, fits, isSame, shownJob, slotsOf } from "./slots";

const occlusion = sampleCard("occlusion", { window: { default: null }, baseline: { default: "mean" } });
const cards = [sampleCard("saliency"), occlusion, sampleCard("predictions", {}, "scores")];
const recorded: Partial<Series> & { method: string } = {
  method: "saliency",
  kind: "heatmap",
  params: { target: null },
};
const known = {
  index: sampleIndex({ steps: [10], series: [recorded] }),
  scene: sampleScene(),
  jobs: [],
  cards,
  results: new Map(),
  asked: new Set<string>(),
};

test("a job of a recorded method has the recorded map's place, another one its own", () => {
  const jobs = [
    sampleJob({ id: "a", method: "occlusion", params: { target: 3, window: 8, baseline: "mean" } }),
    sampleJob({ id: "b", params: { target: 3 } }),
    sampleJob({ id: "c", method: "predictions" }),
  ];
  const slots = slotsOf({ ...known, jobs });
  expect(slots.map((slot) => [slot.key, slot.jobs.length])).toEqual([
    ["saliency", 1],
    ['job:occlusion|{"window":8,"baseline":"mean"}', 1],
  ]);
  expect(slots[1]?.title).toBe("occlusion · window 8");
  expect(absentMethods(cards, slots)).toEqual([]);
});

test("a failure is told only to the page that asked", () => {
  const failed = sampleJob({ id: "f", method: "occlusion", status: { state: "failed" } });
  expect(slotsOf({ ...known, jobs: [failed] })).toHaveLength(1);
  expect(slotsOf({ ...known, jobs: [failed], asked: new Set(["f"]) })).toHaveLength(2);
});

test("an own picture has the recorded methods' places, without their maps", () => {
  const own = { name: "", data: "", rgb: new Uint8Array(0), width: 1, height: 1, digest: null };
  const [slot] = slotsOf({ ...known, scene: sampleScene({ own }) });
  expect([slot?.key, slot?.series]).toEqual(["saliency", null]);
});

test("parameters are the same when what is left out has its default; the class does not count", () => {
  expect(isSame({ target: 1 }, { target: 2, window: null, baseline: "mean" }, occlusion)).toBe(true);
  expect(isSame({}, { baseline: "blur" }, occlusion)).toBe(false);
});

test("a job fits when it explains the class that the bench explains", () => {
  const usual = sampleJob();
  expect(fits(usual, sampleScene(), undefined)).toBe(true);
  expect(fits(usual, sampleScene({ chosen: 4 }), sampleResult([4]))).toBe(true);
  expect(fits(usual, sampleScene({ chosen: 4 }), sampleResult([5]))).toBe(false);
  expect(fits(usual, sampleScene({ chosen: 4 }), sampleResult(undefined))).toBe(true);
  const about3 = sampleJob({ params: { target: 3 } });
  expect(fits(about3, sampleScene({ usual: 3 }), undefined)).toBe(true);
  expect(fits(about3, sampleScene({ chosen: 2, usual: 3 }), undefined)).toBe(false);
});

test("a finished job is shown before one under way, and that before a failure", () => {
  const job = (id: string, state: "done" | "failed" | "running") => sampleJob({ id, status: { state } });
  const jobs = [job("f", "failed"), job("r", "running"), job("d", "done")];
  const shown = (some: typeof jobs) =>
    shownJob({ jobs: some, params: {} }, sampleScene(), new Map(), new Set(["f"]));
  expect(shown(jobs)?.request.id).toBe("d");
  expect(shown(jobs.slice(0, 2))?.request.id).toBe("r");
  expect(shown(jobs.slice(0, 1))?.request.id).toBe("f");
  expect(
    shownJob({ jobs: jobs.slice(0, 1), params: {} }, sampleScene(), new Map(), new Set()),
  ).toBeUndefined();
});

test("boxes become shares of the map; what is no box is left out", () => {
  const arrays = { map: { shape: [2, 10, 20] } };
  const box = { top: 0.1, left: 0.1, bottom: 0.5, right: 1 };
  expect(boxesOf({ boxes: [[], [1, 2, 5, 20]] }, 1, arrays)).toEqual([box]);
  expect(boxesOf({ boxes: [[[1, 2, 5, 20], ["x"]]] }, 0, arrays)).toEqual([box]);
  expect(boxesOf({ boxes: 3 }, 0, arrays)).toEqual([]);
  expect(boxesOf(undefined, 0, arrays)).toEqual([]);
});
