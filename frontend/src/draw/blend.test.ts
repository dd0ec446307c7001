import { expect, test } from "vitest";
import { alike, cornersOf, pointOf, rounded, sharesAt } from "./blend";

const COUNTS = [2, 3, 4, 5, 8];
const sum = (shares: readonly number[]) => shares.reduce((all, share) => all + share, 0);

test("at a corner there is its part alone, in the middle all are alike", () => {
  for (const count of COUNTS) {
    cornersOf(count).forEach((corner, at) => {
      sharesAt(corner, count).forEach((share, other) => {
        expect(share).toBeCloseTo(other === at ? 1 : 0, 6);
      });
    });
    if (count > 2) for (const share of sharesAt({ x: 0, y: 0 }, count)) expect(share).toBeCloseTo(1 / count);
  }
  expect(sharesAt({ x: 3, y: 4 }, 1)).toEqual([1]);
});

test("shares are of sum 1, never negative, and stand where the point is", () => {
  for (const count of COUNTS.slice(1))
    for (let turn = 0; turn < 40; turn++) {
      const radius = 0.49 * Math.abs(Math.sin(turn * 7.3));
      const point = { x: radius * Math.cos(turn), y: radius * Math.sin(turn) };
      const shares = sharesAt(point, count);
      expect(sum(shares)).toBeCloseTo(1, 9);
      expect(Math.min(...shares)).toBeGreaterThanOrEqual(0);
      const back = pointOf(shares);
      expect(back.x).toBeCloseTo(point.x, 6);
      expect(back.y).toBeCloseTo(point.y, 6);
    }
});

test("outside counts as the nearest place on a side, where only its ends have a part", () => {
  const shares = sharesAt({ x: 0, y: 5 }, 3);
  expect(shares[0]).toBe(0);
  expect(shares[1]).toBeCloseTo(0.5);
  expect(shares[2]).toBeCloseTo(0.5);
});

test("shares are told in whole hundredths of sum 1", () => {
  expect(rounded([1, 1, 1])).toEqual([0.34, 0.33, 0.33]);
  expect(rounded([0.7, 0.3])).toEqual([0.7, 0.3]);
  expect(rounded([2, 6])).toEqual([0.25, 0.75]);
  expect(rounded([0, 0])).toEqual([0.5, 0.5]);
  expect(alike(4)).toEqual([0.25, 0.25, 0.25, 0.25]);
  for (let turn = 1; turn < 50; turn++) {
    const shares = rounded([Math.sin(turn) ** 2, Math.cos(turn) ** 2, turn / 50, 0.1]);
    expect(Math.round(100 * sum(shares))).toBe(100);
  }
});
