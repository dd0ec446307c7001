/** A point in a polygon as shares of its corners, and back: how a pad mixes several things. */

export interface Point {
  x: number;
  y: number;
}

const NEAR = 1e-9;

/** Corners of a regular polygon in the unit circle, the first one on top, then clockwise. */
export function cornersOf(count: number): Point[] {
  return Array.from({ length: count }, (_, at) => {
    const angle = (2 * Math.PI * at) / count - Math.PI / 2;
    return { x: Math.cos(angle), y: Math.sin(angle) };
  });
}

/**
 * Shares of the corners of a regular polygon at a point, Wachspress's: 0…1, of sum 1, one at a corner, linear along a
 * side, and the corners weighted by them meet at the point itself. A point outside counts as the nearest one inside.
 */
export function sharesAt(point: Point, count: number): number[] {
  if (count === 1) return [1];
  const corners = cornersOf(count);
  const inside = nearestInside(point, corners);
  const areas = corners.map((corner, at) => area(corner, next(corners, at), inside));
  const side = areas.findIndex((one) => Math.abs(one) < NEAR);
  if (side >= 0) return onSide(corners, side, inside);
  const raw = corners.map(
    (_, at) => 1 / ((areas[(at + count - 1) % count] as number) * (areas[at] as number)),
  );
  const sum = raw.reduce((all, one) => all + one, 0);
  return raw.map((one) => one / sum);
}

/** Where shares stand: the corners weighted by them. */
export function pointOf(shares: readonly number[]): Point {
  const sum = shares.reduce((all, share) => all + share, 0) || 1;
  return cornersOf(shares.length).reduce(
    (at, corner, index) => {
      const share = (shares[index] as number) / sum;
      return { x: at.x + share * corner.x, y: at.y + share * corner.y };
    },
    { x: 0, y: 0 },
  );
}

/** Shares in whole hundredths whose sum is 1 exactly; what is missing goes to the largest remainders. */
export function rounded(shares: readonly number[]): number[] {
  const sum = shares.reduce((all, share) => all + share, 0);
  const exact = shares.map((share) => (sum > 0 ? (100 * share) / sum : 100 / shares.length));
  const whole = exact.map((share) => Math.floor(share + NEAR));
  const left = 100 - whole.reduce((all, one) => all + one, 0);
  const order = exact.map((_, at) => at).sort((a, b) => rest(exact[b]) - rest(exact[a]) || a - b);
  for (const at of order.slice(0, left)) whole[at] = (whole[at] as number) + 1;
  return whole.map((share) => share / 100);
}

export function alike(count: number): number[] {
  return rounded(Array<number>(count).fill(1 / count));
}

function rest(value = 0): number {
  return value - Math.floor(value + NEAR);
}

function next<T>(list: readonly T[], at: number): T {
  return list[(at + 1) % list.length] as T;
}

/** Twice the area of the triangle, positive where the point lies inside a clockwise polygon on the page. */
function area(a: Point, b: Point, p: Point): number {
  return (b.x - a.x) * (p.y - a.y) - (b.y - a.y) * (p.x - a.x);
}

function onSide(corners: readonly Point[], side: number, point: Point): number[] {
  const [a, b] = [corners[side] as Point, next(corners, side)];
  const share = along(a, b, point);
  return corners.map((_, at) => (at === side ? 1 - share : at === (side + 1) % corners.length ? share : 0));
}

/** How far a point's foot lies on the way from a to b, 0…1. */
function along(a: Point, b: Point, p: Point): number {
  const [x, y] = [b.x - a.x, b.y - a.y];
  return Math.min(1, Math.max(0, ((p.x - a.x) * x + (p.y - a.y) * y) / (x * x + y * y)));
}

function nearestInside(point: Point, corners: readonly Point[]): Point {
  if (corners.length > 2 && corners.every((corner, at) => area(corner, next(corners, at), point) >= 0))
    return point;
  let best = corners[0] as Point;
  let distance = Number.POSITIVE_INFINITY;
  for (const [at, a] of corners.entries()) {
    const b = next(corners, at);
    const share = along(a, b, point);
    const foot = { x: a.x + share * (b.x - a.x), y: a.y + share * (b.y - a.y) };
    const length = Math.hypot(point.x - foot.x, point.y - foot.y);
    if (length < distance) [best, distance] = [foot, length];
  }
  return best;
}
