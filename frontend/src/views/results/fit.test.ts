import { expect, test } from "vitest";
import { commonStart, fitGrid, fitWhole } from "./fit";

test("small pictures grow by whole multiples, so that their pixels stay square", () => {
  expect(fitWhole({ width: 28, height: 28 }, { width: 460, height: 300 })).toEqual({
    width: 280,
    height: 280,
  });
  expect(fitWhole({ width: 224, height: 224 }, { width: 460, height: 460 })).toEqual({
    width: 448,
    height: 448,
  });
});

test("a picture larger than its room shrinks and keeps its shape", () => {
  expect(fitWhole({ width: 800, height: 400 }, { width: 400, height: 400 })).toEqual({
    width: 400,
    height: 200,
  });
});

test("captions share whole words only", () => {
  expect(commonStart(["block1.relu 12", "block1.relu 17"])).toBe("block1.relu ");
  expect(commonStart(["281 tabby", "285 Egyptian cat"])).toBe("");
  expect(commonStart(["alone 3"])).toBe("");
});

test("several pictures are as large as lets all be seen", () => {
  const [square, room] = [
    { width: 8, height: 8 },
    { width: 490, height: 460 },
  ];
  const rules = { gap: 4, label: 14, largest: 280 };
  expect(fitGrid(4, square, room, rules)).toEqual({ columns: 2, width: 214 });
  expect(fitGrid(1, square, room, rules)).toEqual({ columns: 1, width: 280 });
  expect(fitGrid(3, { width: 30, height: 10 }, room, rules).columns).toBe(1);
});
