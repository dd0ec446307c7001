import { expect, test } from "vitest";
import { columnsOf, shownColumn } from "./columns";

test("a film has every step that any of its rows has, once", () => {
  expect(columnsOf([0, 100], [100, 50], [])).toEqual([0, 50, 100]);
});

test("the step looked at marks the latest column at or before it", () => {
  expect([shownColumn([50, 100], 70), shownColumn([50, 100], 10), shownColumn([], 10)]).toEqual([
    50,
    null,
    null,
  ]);
});
