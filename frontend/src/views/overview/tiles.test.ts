import { expect, test } from "vitest";
import { tileLayout } from "./tiles";

test("tiles are as large as fits, whole multiples of small pictures", () => {
  const few = tileLayout(16, { width: 360, height: 144 }, 5);
  expect(few).toEqual({ columns: 7, cell: 45 });
  const { columns, cell } = tileLayout(64, { width: 360, height: 144 }, 7);
  expect(cell).toBe(21);
  expect(Math.ceil(64 / columns) * (cell + 4) - 4).toBeLessThanOrEqual(144);
  expect(tileLayout(64, { width: 300, height: 144 }, 7).cell).toBe(20);
});

test("many tiles get the smallest cell instead of none", () => {
  expect(tileLayout(5000, { width: 100, height: 50 }, 3).cell).toBe(12);
});
