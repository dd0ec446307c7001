import { expect, test } from "vitest";
import {
  COLOUR_MAP_TITLES,
  type ColourMap,
  codeColours,
  DIVERGING,
  isDiverging,
  lut,
  NONFINITE_PIXEL,
  packed,
  packedColours,
  place,
  SEQUENTIAL,
} from "./colour_map";

const names = Object.keys(COLOUR_MAP_TITLES) as ColourMap[];
const triple = (name: ColourMap, code: number) => Array.from(lut(name).subarray(3 * code, 3 * code + 3));

/** Relative luminance (WCAG). */
const luminance = ([red = 0, green = 0, blue = 0]: number[]) => {
  const linear = [red, green, blue].map((byte) => {
    const share = byte / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
};

test("every table has 256 colours", () => {
  for (const name of names) expect(lut(name).length).toBe(768);
  expect([...SEQUENTIAL, ...DIVERGING].sort()).toEqual([...names].sort());
});

test("the tables begin, halve and end as published", () => {
  expect([0, 128, 255].map((code) => triple("viridis", code))).toEqual([
    [68, 1, 84],
    [33, 145, 140],
    [253, 231, 37],
  ]);
  expect(triple("magma", 255)).toEqual([252, 253, 191]);
  expect(triple("cividis", 0)).toEqual([0, 34, 78]);
  expect(triple("bwr", 0)).toEqual([5, 48, 97]);
  expect(triple("bwr", 255)).toEqual([103, 0, 31]);
  expect(triple("puor", 255)).toEqual([127, 59, 8]);
});

test("sequential maps grow lighter from end to end", () => {
  for (const name of SEQUENTIAL) {
    for (let code = 8; code < 256; code += 8)
      expect(luminance(triple(name, code))).toBeGreaterThan(luminance(triple(name, code - 8)));
  }
});

test("diverging maps are lightest in the middle", () => {
  for (const name of DIVERGING) {
    expect(Math.min(...triple(name, 127), ...triple(name, 128))).toBeGreaterThan(250);
    expect(isDiverging(name)).toBe(true);
  }
});

test("no map holds a colour near the one that marks NaN", () => {
  for (const name of names) {
    for (let code = 0; code < 256; code++) {
      const [red, green, blue] = triple(name, code) as [number, number, number];
      expect(Math.hypot(red - 255, green, blue - 255)).toBeGreaterThan(120);
    }
  }
  expect(NONFINITE_PIXEL).toBe(packed(255, 0, 255));
});

test("a value is placed by its range, clipped, and bent by gamma", () => {
  expect(place(5, { low: 0, high: 10 }, 1, false)).toBe(0.5);
  expect(place(-5, { low: 0, high: 10 }, 1, false)).toBe(0);
  expect(place(25, { low: 0, high: 10 }, 1, false)).toBe(1);
  expect(place(2.5, { low: 0, high: 10 }, 0.5, false)).toBe(0.5);
});

test("gamma keeps zero in the middle of a diverging map and both sides alike", () => {
  const range = { low: -4, high: 4 };
  expect(place(0, range, 0.5, true)).toBe(0.5);
  expect(place(1, range, 0.5, true)).toBe(0.75);
  expect(place(-1, range, 0.5, true)).toBe(0.25);
});

test("an empty range draws zero, not noise", () => {
  expect(place(0, { low: 0, high: 0 }, 1, false)).toBe(0);
  expect(place(0, { low: 0, high: 0 }, 1, true)).toBe(0.5);
});

test("codes take the colour of the value they stand for", () => {
  const colours = packedColours("grey");
  const table = codeColours(
    { low: 0, high: 5 },
    { low: 0, high: 10 },
    { colours, gamma: 1, diverging: false },
  );
  expect(table[0]).toBe(packed(0, 0, 0));
  expect(table[255]).toBe(packed(128, 128, 128));
});
