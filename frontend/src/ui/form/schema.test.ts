import { expect, test } from "vitest";
import { listText, numberOf, parseList } from "./list_text";
import { blankOf, fieldTitle, problemOf, type Schema, shapeOf } from "./schema";

const position: Schema = {
  anyOf: [
    {
      type: "array",
      minItems: 2,
      maxItems: 2,
      prefixItems: [{ type: "integer", minimum: 0 }, { type: "integer" }],
    },
    { enum: ["centre", "mean"] },
  ],
};
const window: Schema = {
  anyOf: [
    { type: "integer", minimum: 1 },
    { type: "array", items: { type: "integer", minimum: 1 }, minItems: 2, maxItems: 2 },
    { type: "null" },
  ],
};

test("a type and nothing is one control that may be empty", () => {
  const { shape, nullable } = shapeOf({ anyOf: [{ type: "integer", minimum: 0 }, { type: "null" }] });
  expect(nullable).toBe(true);
  expect(shape).toMatchObject({ kind: "number", integer: true, low: 0, high: null });
});

test("several types are variants, an enum's values each for themselves", () => {
  const { shape } = shapeOf(position);
  expect(shape.kind === "variants" && shape.variants.map((one) => one.text)).toEqual([
    "2 numbers",
    "centre",
    "mean",
  ]);
  const other = shapeOf(window);
  expect(other.nullable).toBe(true);
  expect(other.shape.kind === "variants" && other.shape.variants.map((one) => one.value)).toEqual([
    1,
    [1, 1],
  ]);
});

test("lists, tuples, objects and what nobody knows have their shapes", () => {
  expect(shapeOf({ type: "array", items: { type: "integer" }, maxItems: 8 }).shape.kind).toBe("list");
  expect(shapeOf({ type: "array", items: { type: "number" }, minItems: 3, maxItems: 3 }).shape.kind).toBe(
    "tuple",
  );
  expect(shapeOf({ type: "object", properties: { a: { type: "string" } } }).shape.kind).toBe("object");
  expect(shapeOf({ type: "object" }).shape.kind).toBe("any");
  expect(shapeOf({}).shape.kind).toBe("any");
});

test("a new entry begins with values that fit", () => {
  const term: Schema = {
    type: "object",
    required: ["unit"],
    properties: {
      unit: { type: "integer", minimum: 0 },
      layer: { anyOf: [{ type: "string" }, { type: "null" }] },
      weight: { type: "number", default: 1 },
    },
  };
  expect(blankOf(term)).toEqual({ unit: 0, layer: null, weight: 1 });
  for (const schema of [position, window, term, { type: "number", exclusiveMinimum: 0 }])
    expect(problemOf(schema, blankOf(schema))).toBeNull();
});

test("a value out of bounds or of another type is named in a word", () => {
  expect(problemOf({ type: "integer", minimum: 1, maximum: 12 }, 13)).toBe("at most 12");
  expect(problemOf({ type: "integer", minimum: 1 }, 1.5)).toBe("a whole number");
  expect(problemOf({ type: "number", exclusiveMinimum: 0 }, 0)).toBe("more than 0");
  expect(problemOf({ type: "number", exclusiveMaximum: 0.5 }, 0.5)).toBe("less than 0.5");
  expect(problemOf({ type: "number" }, Number.NaN)).toBe("a number");
  expect(problemOf({ enum: ["a", 1] }, "b")).toBe("one of a, 1");
  expect(problemOf({ type: "boolean" }, 1)).toBe("yes or no");
  expect(problemOf({ type: "array", items: { type: "integer" }, minItems: 1 }, [])).toBe(
    "a list of at least one",
  );
  expect(problemOf({ type: "array", items: { type: "integer" } }, [3, "x"])).toContain("number 2");
  expect(problemOf({ type: "object", required: ["unit"], properties: {} }, {})).toBe("with unit");
});

test("of alternatives the one of the value's own type speaks", () => {
  expect(problemOf(window, 0)).toBe("at least 1");
  expect(problemOf(window, [0, 4])).toContain("at least 1");
  expect(problemOf(window, null)).toBeNull();
  expect(problemOf(position, "mean")).toBeNull();
  expect(problemOf(position, "edge")).toContain("one of centre, mean");
});

test("lists are read as people write them, and what is no number stays to be named", () => {
  expect(parseList("0, 3 8-11;12", true)).toEqual([0, 3, 8, 9, 10, 11, 12]);
  expect(parseList("1, x, 4-2", true)).toEqual([1, "x", "4-2"]);
  expect(parseList("0-999999999", true)).toHaveLength(10_000);
  expect(parseList("conv1, layer1.0.relu:1", false)).toEqual(["conv1", "layer1.0.relu:1"]);
  expect(listText([0, "conv1", 0.5])).toBe("0, conv1, 0.5");
  expect([numberOf("−1,5"), numberOf("1e-3"), numberOf("1 2"), numberOf("")]).toEqual([
    -1.5,
    0.001,
    "1 2",
    "",
  ]);
});

test("a parameter's name is its title", () => {
  expect(fieldTitle("blur_every", {})).toBe("Blur every");
  expect(fieldTitle("x", { title: "Exposure", type: "number" })).toBe("Exposure");
});
