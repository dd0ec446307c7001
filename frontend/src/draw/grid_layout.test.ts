import { describe, expect, test } from "vitest";
import { cellRect, gridLayout, hitTest, LABEL, movedPosition, visiblePositions } from "./grid_layout";

const layout = gridLayout(32, 1, { width: 932, height: 530 });

test("pictures are as large as lets all be seen", () => {
  expect(layout.columns).toBe(8);
  expect(layout.rows).toBe(4);
  expect(layout.totalHeight).toBeLessThanOrEqual(530);
  expect(gridLayout(32, 1, { width: 932, height: 560 }).width).toBeGreaterThanOrEqual(layout.width);
});

test("many pictures keep a readable size and scroll", () => {
  const many = gridLayout(2048, 1, { width: 900, height: 400 });
  expect(many.width).toBeGreaterThanOrEqual(56);
  expect(many.totalHeight).toBeGreaterThan(400);
});

test("a narrow page still has one column", () => {
  expect(gridLayout(4, 1, { width: 30, height: 100 }).columns).toBe(1);
});

test("tall pictures keep their aspect", () => {
  const tall = gridLayout(8, 2, { width: 600, height: 800 });
  expect(tall.height).toBe(tall.width * 2);
});

describe("hit testing", () => {
  const picture = { height: 28, width: 28 };

  test("finds the picture and its pixel", () => {
    const rect = cellRect(layout, 10);
    const point = { x: rect.x + rect.width - 1, y: rect.y + 1 };
    expect(hitTest(layout, point, picture)).toEqual({ position: 10, row: 0, column: 27 });
  });

  test("the text under a picture belongs to it", () => {
    const rect = cellRect(layout, 3);
    const hit = hitTest(layout, { x: rect.x + 5, y: rect.y + rect.height + LABEL / 2 }, picture);
    expect(hit).toEqual({ position: 3, row: null, column: null });
  });

  test("nothing lies between pictures, before the first or past the last", () => {
    const rect = cellRect(layout, 0);
    expect(hitTest(layout, { x: rect.x + rect.width + layout.gap / 2, y: rect.y }, picture)).toBeNull();
    expect(hitTest(layout, { x: 0, y: 0 }, picture)).toBeNull();
    const odd = gridLayout(3, 1, { width: 932, height: 530 });
    expect(hitTest(odd, { x: 900, y: 10 }, picture)).toBeNull();
  });
});

test("only rows in view are named", () => {
  const many = gridLayout(2048, 1, { width: 900, height: 400 });
  const { first, last } = visiblePositions(many, many.stepY * 10 + many.margin, 400);
  expect(first).toBe(10 * many.columns);
  expect(last - first).toBeLessThanOrEqual((Math.ceil(400 / many.stepY) + 1) * many.columns);
});

test("keys move inside the grid and stop at its edges", () => {
  expect(movedPosition(layout, 0, { columns: 1, rows: 0 })).toBe(1);
  expect(movedPosition(layout, 0, { columns: -1, rows: 0 })).toBe(0);
  expect(movedPosition(layout, 3, { columns: 0, rows: 1 })).toBe(11);
  expect(movedPosition(layout, 3, { columns: 0, rows: -1 })).toBe(3);
  expect(movedPosition(layout, 31, { columns: 8, rows: 0 })).toBe(31);
});

test("moving down from a row above a short last row lands on the last picture", () => {
  const odd = gridLayout(9, 1, { width: 410, height: 900 }, { largest: 100 });
  expect(odd.columns).toBe(4);
  expect(movedPosition(odd, 6, { columns: 0, rows: 1 })).toBe(8);
});
