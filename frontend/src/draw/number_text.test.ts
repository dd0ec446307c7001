import { expect, test } from "vitest";
import {
  countText,
  exactText,
  percentText,
  shapeText,
  shareText,
  signedText,
  valueText,
} from "./number_text";

test("values have the digits that say something", () => {
  const cases: [number, string][] = [
    [0, "0"],
    [9.374, "9.37"],
    [0.1, "0.10"],
    [0.0512, "0.051"],
    [0.000123, "1.2e−4"],
    [-12.706, "−12.71"],
    [1234.5, "1235"],
    [2_340_000, "2.3e6"],
  ];
  for (const [value, text] of cases) expect(valueText(value)).toBe(text);
});

test("values that are no numbers say so", () => {
  expect([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY].map(valueText)).toEqual([
    "NaN",
    "+Inf",
    "−Inf",
  ]);
});

test("the value under the cursor has at most four digits", () => {
  expect([2.71, -0.012345, 1e-7].map(exactText)).toEqual(["2.71", "−0.01235", "1.000e−7"]);
});

test("ends of a symmetric scale show their signs", () => {
  expect([-0.13, 0, 0.13].map(signedText)).toEqual(["−0.13", "0", "+0.13"]);
});

test("a share is never rounded to a false none or all", () => {
  expect([0, 0.0001, 0.638, 0.9999, 1].map(percentText)).toEqual([
    "0 %",
    "<0.1 %",
    "63.8 %",
    ">99.9 %",
    "100 %",
  ]);
  expect([0, 0.004, 0.79, 0.996, 1].map(shareText)).toEqual(["0 %", "<1 %", "79 %", ">99 %", "100 %"]);
});

test("counts are grouped and shapes read with a times sign", () => {
  expect(countText(1234567)).toBe("1\u202f234\u202f567");
  expect(shapeText([32, 28, 28])).toBe("32 × 28 × 28");
});
