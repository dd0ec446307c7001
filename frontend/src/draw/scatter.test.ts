import { expect, test } from "vitest";
import { between, cameraOn, panned, toPixels, toPlace, zoomed } from "./scatter_camera";
import { cellSide, inside, pointAt, representatives, rowsInSight } from "./scatter_choice";
import { density } from "./scatter_density";
import { inkTable, stampOf } from "./scatter_pictures";
import { CHOSEN, DIMMED, HIDDEN, type Points, paintPoints, SHOWN, shuffled } from "./scatter_points";

const SIZE = { width: 200, height: 100 };

function pointsOf(places: [number, number][], states?: number[]): Points {
  return {
    x: Float32Array.from(places, (place) => place[0]),
    y: Float32Array.from(places, (place) => place[1]),
    colours: Uint32Array.from(places, (_, row) => 0xff000001 + row),
    states: Uint8Array.from(places, (_, row) => states?.[row] ?? SHOWN),
    order: shuffled(places.length),
  };
}

test("the camera on all points has each of them within the margin", () => {
  const points = pointsOf([
    [-5, 0],
    [5, 1],
    [0, -1],
    [Number.NaN, 7],
  ]);
  const camera = cameraOn(points, SIZE);
  for (const row of [0, 1, 2]) {
    const [left, top] = toPixels(camera, SIZE, points.x[row] as number, points.y[row] as number);
    expect(left).toBeGreaterThanOrEqual(24 - 1e-3);
    expect(left).toBeLessThanOrEqual(176 + 1e-3);
    expect(top).toBeGreaterThanOrEqual(24 - 1e-3);
    expect(top).toBeLessThanOrEqual(76 + 1e-3);
  }
});

test("no point, or one alone, is looked at without a division by zero", () => {
  expect(cameraOn(pointsOf([]), SIZE).scale).toBe(1);
  expect(Number.isFinite(cameraOn(pointsOf([[3, 4]]), SIZE).scale)).toBe(true);
});

test("what lies under the pointer stays there while the plot is zoomed", () => {
  const whole = { x: 0, y: 0, scale: 10 };
  const at = { left: 30, top: 80 };
  const before = toPlace(whole, SIZE, at.left, at.top);
  const nearer = zoomed(whole, SIZE, at, 3, whole);
  expect(nearer.scale).toBe(30);
  const after = toPlace(nearer, SIZE, at.left, at.top);
  expect(after[0]).toBeCloseTo(before[0]);
  expect(after[1]).toBeCloseTo(before[1]);
});

test("a moved plot moves its points by as many pixels", () => {
  const camera = { x: 1, y: 2, scale: 4 };
  const [left, top] = toPixels(camera, SIZE, 3, 3);
  const [right, down] = toPixels(panned(camera, 10, -7), SIZE, 3, 3);
  expect([right - left, down - top]).toEqual([10, -7]);
});

test("every point on the plot leaves its colour, whatever is beyond the edge none", () => {
  const points = pointsOf([
    [0, 0],
    [30, 10],
    [1e6, 0],
    [Number.NaN, 0],
  ]);
  const pixels = new Uint32Array(SIZE.width * SIZE.height);
  paintPoints(points, {
    pixels,
    size: SIZE,
    camera: { x: 0, y: 0, scale: 1 },
    radius: 1,
    dimmed: 9,
    ring: 7,
    rim: 8,
  });
  expect(pixels[50 * 200 + 100]).toBe(points.colours[0]);
  expect(pixels[40 * 200 + 130]).toBe(points.colours[1]);
  expect(pixels.filter((pixel) => pixel !== 0).length).toBe(18);
});

test("chosen points lie over the others, dimmed ones under them", () => {
  const points = pointsOf(
    [
      [0, 0],
      [0, 0],
      [0, 0],
      [0, 0],
    ],
    [CHOSEN, SHOWN, DIMMED, HIDDEN],
  );
  const pixels = new Uint32Array(SIZE.width * SIZE.height);
  paintPoints(points, {
    pixels,
    size: SIZE,
    camera: { x: 0, y: 0, scale: 1 },
    radius: 2,
    dimmed: 9,
    ring: 7,
    rim: 8,
  });
  expect(pixels[50 * 200 + 100]).toBe(points.colours[0]);
  expect(pixels).toContain(8);
  expect(pixels).not.toContain(points.colours[3]);
});

test("a point at the edge is cut, not carried to the other side", () => {
  const points = pointsOf([[-100, 0]]);
  const pixels = new Uint32Array(SIZE.width * SIZE.height);
  paintPoints(points, {
    pixels,
    size: SIZE,
    camera: { x: 0, y: 0, scale: 1 },
    radius: 2,
    dimmed: 9,
    ring: 7,
    rim: 8,
  });
  expect(pixels[50 * 200]).toBe(points.colours[0]);
  for (let line = 0; line < 100; line++) expect(pixels[line * 200 + 199]).toBe(0);
});

test("a ring lies around its point, inside the plot as at its edge", () => {
  const paint = { size: SIZE, camera: { x: 0, y: 0, scale: 1 }, radius: 1, dimmed: 9, ring: 7, rim: 8 };
  for (const left of [0, -99]) {
    const points = { ...pointsOf([[left, 0]]), ringed: Uint8Array.of(1) };
    const pixels = new Uint32Array(SIZE.width * SIZE.height);
    paintPoints(points, { ...paint, pixels });
    const at = 50 * 200 + 100 + left;
    expect([pixels[at], pixels[at + 1], pixels[at + 2], pixels[at + 3]]).toEqual([
      0xff000001, 0xff000001, 7, 0,
    ]);
    expect([pixels[at - 2 * 200], pixels[at - 2 * 200 + 1], pixels[at - 2 * 200 + 2]]).toEqual([7, 7, 0]);
    expect(pixels.filter((pixel) => pixel === 0xff000001).length).toBe(9);
    expect(pixels.filter((pixel) => pixel === 7).length).toBe(left === 0 ? 12 : 9);
  }
});

test("density counts every shown point on the plot once", () => {
  const points = pointsOf(
    [
      [0, 0],
      [0.2, -0.2],
      [60, 0],
      [500, 0],
    ],
    [SHOWN, CHOSEN, SHOWN, SHOWN],
  );
  const counts = density(points, SIZE, { x: 0, y: 0, scale: 1 }, 10);
  expect(counts.reduce((sum, count) => sum + count, 0)).toBe(3);
  expect(Math.max(...counts)).toBe(2);
});

test("the shuffle holds every row once and is no order", () => {
  const order = shuffled(1000);
  expect(new Set(order).size).toBe(1000);
  expect(order).toEqual(shuffled(1000));
  let ascending = 0;
  for (let index = 1; index < 1000; index++)
    ascending += Number((order[index] as number) > (order[index - 1] as number));
  expect(ascending).toBeGreaterThan(400);
  expect(ascending).toBeLessThan(600);
});

test("the nearest point within reach is found, a dimmed one only where there is no other", () => {
  const camera = { x: 0, y: 0, scale: 1 };
  const points = pointsOf(
    [
      [0, 0],
      [5, 0],
      [2, 0],
    ],
    [SHOWN, SHOWN, DIMMED],
  );
  expect(pointAt(points, SIZE, camera, { left: 102, top: 50 })).toBe(0);
  expect(pointAt(points, SIZE, camera, { left: 104, top: 50 })).toBe(1);
  expect(pointAt(points, SIZE, camera, { left: 150, top: 50 })).toBeNull();
  points.states.fill(HIDDEN, 0, 2);
  expect(pointAt(points, SIZE, camera, { left: 104, top: 50 })).toBe(2);
});

test("a lasso takes what is inside a line that turns back on itself", () => {
  const lasso = [0, 0, 10, 0, 10, 10, 5, 2, 0, 10];
  const points = pointsOf([
    [1, 1],
    [5, 1],
    [5, 8],
    [9, 5],
    [20, 20],
    [Number.NaN, 1],
  ]);
  expect([...inside(points, lasso)]).toEqual([1, 1, 0, 1, 0, 0]);
  expect(inside(points, [0, 0, 1, 1]).some(Boolean)).toBe(false);
});

test("what is in sight is on the plot, and neither left out nor dimmed", () => {
  const camera = { x: 0, y: 0, scale: 1 };
  const places: [number, number][] = [
    [0, 0],
    [99, -49],
    [101, 0],
    [0, 0],
    [0, 0],
    [Number.NaN, 0],
  ];
  const points = pointsOf(places, [SHOWN, CHOSEN, SHOWN, DIMMED, HIDDEN, SHOWN]);
  expect([...rowsInSight(points, SIZE, camera)]).toEqual([1, 1, 0, 0, 0, 0]);
});

test("one picture stands for each cell, and moving the plot changes none of those that stay", () => {
  const places = Array.from({ length: 400 }, (_, row): [number, number] => [row % 20, Math.floor(row / 20)]);
  const points = pointsOf(places);
  const camera = { x: 10, y: 10, scale: 8 };
  const before = representatives(points, SIZE, camera, 32);
  expect(cellSide(camera, 32)).toBe(32);
  const cells = new Set(
    before.map(
      ({ row }) =>
        `${Math.floor((points.x[row] as number) / 4)},${Math.floor((points.y[row] as number) / 4)}`,
    ),
  );
  expect(cells.size).toBe(before.length);
  const moved = representatives(points, SIZE, panned(camera, 13, 5), 32);
  const rows = new Set(before.map((one) => one.row));
  const kept = moved.filter((one) => rows.has(one.row));
  expect(kept.length).toBeGreaterThan(moved.length / 2);
  const nearer = representatives(points, SIZE, { ...camera, scale: 16 }, 32);
  const shown = nearer.map((one) => one.row);
  const inView = before.filter(({ row }) => {
    const [left, top] = toPixels(
      { ...camera, scale: 16 },
      SIZE,
      points.x[row] as number,
      points.y[row] as number,
    );
    return left >= 0 && left < 200 && top >= 0 && top < 100;
  });
  for (const { row } of inView) expect(shown).toContain(row);
});

test("between two maps a point goes straight", () => {
  const from = { x: Float32Array.of(0), y: Float32Array.of(0) };
  const to = { x: Float32Array.of(10), y: Float32Array.of(-4) };
  const out = { x: new Float32Array(1), y: new Float32Array(1) };
  between(from, to, 0.25, out);
  expect([out.x[0], out.y[0]]).toEqual([2.5, -1]);
});

test("a picture that shrinks is averaged, one that grows keeps its pixels", () => {
  const rgb = Uint8Array.from([0, 0, 0, 100, 200, 50, 0, 0, 0, 100, 200, 50]);
  const small = stampOf({ rgb, height: 2, width: 2 }, 1);
  expect([...small.pixels]).toEqual([0xff196432]);
  expect([...small.ink]).toEqual([58]);
  const large = stampOf({ rgb, height: 2, width: 2 }, 4);
  expect([...large.pixels.subarray(0, 4)]).toEqual([0xff000000, 0xff000000, 0xff32c864, 0xff32c864]);
});

test("shares of ink go from the ground to the ink in each colour", () => {
  const table = inkTable(0xff102030, 0xffff0030);
  expect([table[0], table[255]]).toEqual([0xff102030, 0xffff0030]);
  expect(((table[128] as number) >>> 16) & 255).toBe(0x10 + Math.trunc((0xef * 128) / 255));
  expect((table[128] as number) & 255).toBe(0x30);
});
