import { expect, test } from "vitest";
import type { JobView, MethodCard, RunIndex } from "../../api/types";
import { fingerprint, sheetsOf } from "./sheets";
import { parseValues, SEED, STEP, textOf, variables, varied } from "./variations";

const index = {
  steps: [0, 10, 20],
  checkpoints: [true, true, true],
  layers: ["b", "a", "fc"].map((name, at) => ({ name, container: false, shape: at < 2 ? [8, 4, 4] : [10] })),
} as unknown as RunIndex;

const card = {
  name: "ascent",
  kind: "images",
  presets: [{ params: { tv: 0.5 } }],
  schema: {
    properties: {
      iterations: { type: "integer", minimum: 1, maximum: 600, default: 256 },
      tv: { type: "number", minimum: 0, default: 0 },
      rule: { enum: ["adam", "gradient"], default: "adam" },
      robust: { type: "boolean", default: true },
      layer: { "x-widget": "layer", anyOf: [{ type: "string" }, { type: "null" }], default: null },
      units: { type: "array", items: { type: "integer", minimum: 0 }, minItems: 1, default: [0] },
      weights: { type: "array", items: { type: "number" }, default: [] },
    },
  },
} as unknown as MethodCard;

let created = 0;

function job(params: object, rest: Partial<JobView["request"]> = {}, state = "done"): JobView {
  created++;
  const all = { iterations: 256, tv: 0, layer: "a", ...params };
  const request = { id: `j${created}`, method: "ascent", params: all, step: 20, seed: 0, examples: [] };
  return {
    run: "r",
    request: { ...request, input_digests: [], created, ...rest },
    status: { state, result: state === "done" ? "d" : null },
  } as unknown as JobView;
}

function named(by: string, request = job({}).request) {
  const found = variables(card, request, index).find((one) => one.by === by);
  if (!found) throw new Error(`nothing varies by ${by}`);
  return found;
}

test("numbers are offered around the request's own, within their bounds", () => {
  expect(named("iterations").offered).toEqual([64, 128, 256, 512]);
  expect(named("iterations", job({ iterations: 1 }).request).offered).toEqual([1, 2, 4]);
});

test("a number that is zero has the presets' scale", () => {
  expect(named("tv").offered).toEqual([0, 0.125, 0.25, 0.5, 1]);
});

test("choices, layers, units, steps and seeds vary; a list that may be empty does not", () => {
  expect(named("rule").choices).toEqual(["adam", "gradient"]);
  expect(named("robust").choices).toEqual([false, true]);
  expect(named("layer").choices).toEqual(["b", "a"]);
  expect(named("units").offered[1]).toEqual([1]);
  expect(named(STEP).choices).toEqual([0, 10, 20]);
  expect(named(SEED).offered).toEqual([0, 1, 2, 3, 4, 5]);
  expect(variables(card, job({}).request, index).some((one) => one.by === "weights")).toBe(false);
});

test("typed values are read once each, and a wrong one is refused in words", () => {
  expect(parseValues(named("iterations"), "10, 20 10;30")).toEqual([10, 20, 30]);
  expect(parseValues(named("units"), "3 4")).toEqual([[3], [4]]);
  expect(() => parseValues(named("iterations"), "0")).toThrow("expected at least 1, got “0”");
  expect(() => parseValues(named("iterations"), "1.5")).toThrow("a whole number");
  expect(() => parseValues(named("rule"), "lion")).toThrow("one of adam, gradient");
});

test("a varied request differs in that alone", () => {
  const own = job({});
  expect(varied(own, STEP, 10)).toMatchObject({ step: 10, params: own.request.params, seed: 0 });
  expect(varied(own, "tv", 1).params).toEqual({ ...own.request.params, tv: 1 });
});

test("the order of parameters does not tell requests apart", () => {
  const [a, b] = [job({ tv: 1, iterations: 2 }), job({ iterations: 2, tv: 1 })];
  const turned = { ...b.request, params: Object.fromEntries(Object.entries(b.request.params).reverse()) };
  expect(fingerprint("r", a.request)).toBe(fingerprint("r", turned));
});

test("jobs that differ in one thing alone make a sheet, in the values' order, one job a value", () => {
  const own = job({ tv: 1 });
  const others = [
    job({ tv: 10 }),
    job({ tv: 2 }),
    job({ tv: 2 }, {}, "running"),
    job({ tv: 4 }, {}, "failed"),
  ];
  const stranger = job({ tv: 3 }, { seed: 9 });
  const early = job({ tv: 1 }, { step: 0 });
  const sheets = sheetsOf(own, [own, ...others, stranger, early], index);
  expect(sheets.map((sheet) => sheet.by)).toEqual(["tv", STEP]);
  expect(sheets[0]?.jobs.map((one) => one.request.params.tv)).toEqual([1, 2, 10]);
  expect(sheets[0]?.jobs[1]?.status.state).toBe("done");
  expect(sheets[1]?.jobs.map((one) => one.request.step)).toEqual([0, 20]);
});

test("one unit is compared with other single units, never with a sheet of several", () => {
  const own = job({ units: [1] });
  const others = [job({ units: [0] }), job({ units: [0, 1, 2] })];
  const [sheet] = sheetsOf(own, [own, ...others], index);
  expect(sheet?.jobs.map((one) => one.request.params.units)).toEqual([[0], [1]]);
  const names = variables(card, job({ units: [0, 1] }).request, index).map((one) => one.by);
  expect(names).not.toContain("units");
});

test("layers stand in forward order", () => {
  const own = job({ layer: "a" });
  const [sheet] = sheetsOf(own, [own, job({ layer: "b" })], index);
  expect(sheet?.jobs.map((one) => textOf(one.request.params.layer))).toEqual(["b", "a"]);
});
