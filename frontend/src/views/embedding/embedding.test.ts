import { beforeEach, expect, test, vi } from "vitest";
import type { Layout } from "../../api/layouts";
import type { JobView, RunIndex, Series } from "../../api/types";
import { agreementOf, overK, shareBounds } from "./agreement";
import { choose, chooseRows, chosen, isolate, isolated, lassos, unitsWanted } from "./choice";
import { errorsOf, groupColours, groupingOf, type Known, packedCss, pointColours } from "./colours";
import { Detail } from "./detail";
import { Morph } from "./morph";
import { notesOf } from "./notes";
import { csvOf, jsonOf, summaryOf } from "./selection";
import { chosenSource, heldOf, laysOf, placesOf, sourcesOf } from "./sources";
import { Thumbs } from "./thumbs";

const NAMES = ["cat", "dog", "=cow"];
const className = (target: number) => NAMES[target] ?? `class ${target}`;

function layoutOf(given: Partial<Layout>): Layout {
  return {
    ...{ facts: {} as Layout["facts"], count: 2, components: 2, grid: null, predicted: null, loss: null },
    ...{ principal: Float32Array.of(1, 2, 3, 4), map: null },
    ...given,
  };
}

function series(key: string, kind: string, at: number[]): Series {
  return { key, method: kind, kind, layer: "fc", params: {}, facts: {}, arrays: {}, at };
}

const index = {
  name: "run",
  steps: [0, 10, 20],
  digests: ["a", "b", "c"],
  checkpoints: [true, true, true],
  sources: ["bulk", "bulk", "bulk"],
  wall_times: [0, 1, 2],
  series: [series("top_patches/conv", "patches", [0]), series("embedding/fc", "embedding", [1])],
} as unknown as RunIndex;

function job(id: string, given: { run?: string; method?: string; result?: string | null; created?: number }) {
  const { run = "run", method = "embedding", result = "r", created = 0 } = given;
  const request = { id, method, created, step: 20, params: { map: "tsne" } };
  return { run, request, status: { result } } as unknown as JobView;
}

beforeEach(() => {
  choose(null);
  isolated.value = new Set();
});

test("what was recorded comes first, then jobs that are done, of this run and method, the newest first", () => {
  const jobs = [
    job("old", { created: 1 }),
    job("new", { created: 2 }),
    job("running", { result: null }),
    job("elsewhere", { run: "other" }),
    job("dream", { method: "deep_dream" }),
  ];
  const sources = sourcesOf(index, jobs);
  expect(sources.map(({ key }) => key)).toEqual(["embedding/fc", "job:new", "job:old"]);
  expect(chosenSource(sources, "job:old")?.title).toBe("job: t-SNE of step 20");
  expect(chosenSource(sources, "job:gone")?.key).toBe("embedding/fc");
});

test("the record shown is the latest at or before the step, and none before the first", () => {
  const [source] = sourcesOf(index, []);
  if (!source) throw new Error("no source");
  expect(heldOf(index, source, 20, undefined)).toEqual({
    run: "run",
    step: 10,
    key: "embedding/fc",
    digest: "b",
  });
  expect(heldOf(index, source, 0, undefined)).toBeNull();
});

test("maps that a record lacks are not offered; a grid's images stand in the middle of their cells", () => {
  const layout = layoutOf({ grid: Int32Array.of(0, 0, 1, 2) });
  expect(laysOf(layout).map(({ value }) => value)).toEqual(["pca", "grid"]);
  const places = placesOf(layout, "grid");
  expect([...places.x, ...places.y]).toEqual([0.5, 2.5, -0.5, -1.5]);
  expect([...placesOf(layoutOf({ components: 1 }), "pca").y]).toEqual([0, 0]);
});

test("up to ten groups have a colour each, of more the eight largest, or those that are isolated", () => {
  for (const count of [2, 8, 9, 10])
    expect(new Set(groupColours(Array(count).fill(1), new Set(), "dark")).size).toBe(count);
  const counts = Array.from({ length: 40 }, (_, group) => group);
  const colours = groupColours(counts, new Set(), "light");
  expect(counts.filter((group) => colours[group] !== null)).toEqual([32, 33, 34, 35, 36, 37, 38, 39]);
  const alone = groupColours(counts, new Set([3]), "light");
  expect(counts.filter((group) => alone[group] !== null)).toEqual([3]);
});

test("wrong is where label and prediction are known and differ", () => {
  expect([...errorsOf(Int32Array.of(0, 1, -1, 2), Int32Array.of(0, 2, 1, -1))]).toEqual([0, 1, -1, -1]);
  expect([...errorsOf(Int32Array.of(0), null)]).toEqual([-1]);
});

const known: Known = {
  labels: Int32Array.of(0, 1, 1, -1),
  predicted: Int32Array.of(0, 0, 1, 1),
  loss: Float32Array.of(0, 1, Number.NaN, 0.5),
  reaction: null,
  className,
};

test("a loss goes from dark to bright, and is grey where there is none", () => {
  const colours = pointColours(groupingOf("loss", known), new Set(), "light");
  expect(colours[2]).toBe(packedCss("#9aa1a9"));
  expect(colours[0]).toBe(packedCss("#440154"));
  expect(colours[1]).not.toBe(colours[0]);
});

test("a colouring whose values are not here yet falls back to labels", () => {
  const grouping = groupingOf("unit", known);
  expect(grouping.values).toBeNull();
  expect([...grouping.counts]).toEqual([1, 2]);
});

test("a selection is told by classes and confusions, most frequent first", () => {
  const facts = { ...known, imageName: () => "" };
  const summary = summaryOf(Uint8Array.of(1, 1, 1, 1), facts);
  expect(summary).toEqual({
    count: 4,
    judged: 3,
    wrong: 1,
    classes: [
      { target: 1, count: 2 },
      { target: 0, count: 1 },
    ],
    confusions: [{ label: 1, predicted: 0, count: 1 }],
  });
});

test("names from a logdir can break neither a line of a table nor begin a formula", () => {
  const facts = {
    labels: Int32Array.of(2, -1),
    predicted: null,
    className,
    imageName: (row: number) => (row === 0 ? 'a "b",\nc' : "@SUM(1)"),
  };
  const both = Uint8Array.of(1, 1);
  expect(csvOf(both, facts)).toBe(
    'row,name,label,prediction\r\n0,"a ""b"",\nc",\'=cow,\r\n1,\'@SUM(1),,\r\n',
  );
  expect(JSON.parse(jsonOf(both, facts, { step: 3 }))).toEqual({
    step: 3,
    images: [
      { row: 0, name: 'a "b",\nc', label: "=cow", prediction: null },
      { row: 1, name: "@SUM(1)", label: null, prediction: null },
    ],
  });
});

const LASSO = { map: "m", line: [0, 0, 1, 1, 2, 0] };

test("an empty lasso chooses nothing, and a new choice is asked about anew", () => {
  choose(Uint8Array.of(0, 1), "anew", LASSO);
  unitsWanted.value = true;
  choose(Uint8Array.of(0, 0), "anew", LASSO);
  expect([chosen.value, lassos.value, unitsWanted.value]).toEqual([null, [], false]);
});

test("a lasso with Shift adds, one with Alt takes away, and the last image taken leaves nothing chosen", () => {
  choose(Uint8Array.of(1, 1, 0, 0), "anew", LASSO);
  choose(Uint8Array.of(0, 1, 1, 0), "add", LASSO);
  expect([...(chosen.value ?? [])]).toEqual([1, 1, 1, 0]);
  choose(Uint8Array.of(1, 0, 0, 1), "take", LASSO);
  expect([...(chosen.value ?? [])]).toEqual([0, 1, 1, 0]);
  expect(lassos.value.map(({ way }) => way)).toEqual(["anew", "add", "take"]);
  chooseRows([1, 2, 7], 4, "take");
  expect([chosen.value, lassos.value]).toEqual([null, []]);
  chooseRows([3], 4, "take");
  expect(chosen.value).toBeNull();
  chooseRows([3], 4, "add");
  expect([...(chosen.value ?? [])]).toEqual([0, 0, 0, 1]);
});

test("a map that is slow to paint is coarse while it moves, and whole again at rest", () => {
  vi.useFakeTimers();
  const again = vi.fn();
  const detail = new Detail(again);
  detail.painted(1, 20);
  detail.moved(1000);
  expect(detail.share(1010)).toBe(1);
  detail.painted(1, 80);
  expect(detail.share(1010)).toBe(0.5);
  detail.painted(0.5, 20);
  expect(detail.share(1300)).toBe(1);
  vi.runAllTimers();
  expect(again).toHaveBeenCalledTimes(1);
  vi.useRealTimers();
});

test("a click isolates a class, a second one shows all, with Shift classes are added", () => {
  isolate(3, false);
  expect([...isolated.value]).toEqual([3]);
  isolate(5, true);
  expect([...isolated.value]).toEqual([3, 5]);
  isolate(5, false);
  expect([...isolated.value]).toEqual([5]);
  isolate(5, false);
  expect(isolated.value.size).toBe(0);
});

test("agreement is by the metric of the neighbours, and none without labels", () => {
  const agreement = { k: 10, queries: 50, feature: 0.8, feature_l2: 0.7, pixel: null };
  expect(agreementOf({ agreement, metric: "l2" })).toEqual({ k: 10, queries: 50, feature: 0.7, pixel: null });
  expect(agreementOf({ agreement: null })).toBeNull();
});

test("the curve over k is there where it was recorded, in bounds of whole tens of percent", () => {
  const curve = { k: [1, 5, 10], feature: [0.9, 0.85, 0.8], feature_l2: [0.7, null, 0.6], pixel: null };
  expect(overK({ agreement: { k: 10, curve } })?.feature).toEqual([0.9, 0.85, 0.8]);
  expect(overK({ agreement: { k: 10, curve }, metric: "l2" })?.feature).toEqual([0.7, Number.NaN, 0.6]);
  expect(overK({ agreement: { k: 10 } })).toBeNull();
  expect(overK({ agreement: { curve: { k: "10" } } })).toBeNull();
  expect(
    shareBounds([
      [0.83, 0.9],
      [0.71, Number.NaN],
    ]),
  ).toEqual({ low: 0.7, high: 0.9 });
  expect(shareBounds([[1, 1]])).toEqual({ low: 0.9, high: 1 });
});

test("each thing worth saying is said once", () => {
  const notes = ["broken.jpg is left out"];
  expect(notesOf({ notes, nonfinite: 1, left_out: 2, duplicates: 0 }, notes)).toEqual([
    "broken.jpg is left out",
    "1 image has features that are not finite: no place",
    "2 images could not be read",
  ]);
});

test("points of the same images move to their new places; those of others are there at once", () => {
  const frames: FrameRequestCallback[] = [];
  vi.stubGlobal("requestAnimationFrame", (go: FrameRequestCallback) => frames.push(go));
  vi.stubGlobal("cancelAnimationFrame", () => undefined);
  vi.stubGlobal("performance", { now: () => 0 });
  const morph = new Morph(() => undefined);
  const places = (x: number, count = 1) => ({
    x: new Float32Array(count).fill(x),
    y: new Float32Array(count),
  });
  morph.lead(places(0), true);
  morph.lead(places(10), false);
  expect(morph.shown.x[0]).toBe(0);
  frames.shift()?.(150);
  expect(morph.shown.x[0]).toBeCloseTo(5);
  frames.shift()?.(400);
  expect(morph.shown.x[0]).toBe(10);
  morph.lead(places(3, 2), false);
  expect([...morph.shown.x]).toEqual([3, 3]);
  vi.unstubAllGlobals();
});

test("pictures are fetched once, in batches, and none that failed is asked for for ever", async () => {
  const asked: number[][] = [];
  const thumbs = new Thumbs("set", async (rows) => {
    asked.push([...rows]);
    if (rows.includes(7)) throw new Error("damaged");
    return rows.map(() => ({ rgb: new Uint8Array(3), height: 1, width: 1 }));
  });
  thumbs.want([1, 2, 2]);
  thumbs.want([1, 2, 3]);
  await vi.waitFor(() => expect(thumbs.get(3)).toBeDefined());
  thumbs.want([7]);
  await vi.waitFor(() => expect(thumbs.problem.value).toBe("damaged"));
  thumbs.want([7, 1]);
  expect(asked).toEqual([[1, 2], [3], [7]]);
});

test("the map's wishes do not replace those of the inspector", async () => {
  const asked: number[][] = [];
  const thumbs = new Thumbs("set", async (rows) => {
    asked.push([...rows]);
    return rows.map(() => ({ rgb: new Uint8Array(3), height: 1, width: 1 }));
  });
  thumbs.want([1]);
  thumbs.want([1, 2]);
  thumbs.want([3]);
  thumbs.wantAlso([8, 9]);
  thumbs.want([4]);
  await vi.waitFor(() => expect(thumbs.get(4)).toBeDefined());
  expect(thumbs.get(9)).toBeDefined();
  expect(thumbs.get(3)).toBeUndefined();
  expect(asked.slice(-2)).toEqual([[8, 9], [4]]);
});
