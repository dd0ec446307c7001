/** Where a scatter plot is looked at from: places of points to pixels and back. */

export interface Camera {
  /** The place in the middle of the plot. */
  x: number;
  y: number;
  /** Pixels for one unit of the places. */
  scale: number;
}

export interface Size {
  width: number;
  height: number;
}

/** Columns of places; NaN where an image has none. */
export interface Places {
  x: Float32Array;
  y: Float32Array;
}

const MARGIN = 24;
const MOST_ZOOM = 400;

/** Look at all points, with a margin. */
export function cameraOn(places: Places, size: Size): Camera {
  let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let row = 0; row < places.x.length; row++) {
    const x = places.x[row] as number;
    const y = places.y[row] as number;
    if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < bottom) bottom = y;
    if (y > top) top = y;
  }
  if (!(right >= left)) return { x: 0, y: 0, scale: 1 };
  const across = Math.max(1, size.width - 2 * MARGIN) / (right - left || 1);
  const down = Math.max(1, size.height - 2 * MARGIN) / (top - bottom || 1);
  return { x: (left + right) / 2, y: (bottom + top) / 2, scale: Math.min(across, down) };
}

/** Pixels of a place, y upwards in the plot and downwards on the screen. */
export function toPixels(camera: Camera, size: Size, x: number, y: number): [number, number] {
  return [size.width / 2 + (x - camera.x) * camera.scale, size.height / 2 - (y - camera.y) * camera.scale];
}

/** The place under a pixel. */
export function toPlace(camera: Camera, size: Size, left: number, top: number): [number, number] {
  return [
    camera.x + (left - size.width / 2) / camera.scale,
    camera.y - (top - size.height / 2) / camera.scale,
  ];
}

/** Move what is seen by pixels. */
export function panned(camera: Camera, right: number, down: number): Camera {
  return { ...camera, x: camera.x - right / camera.scale, y: camera.y + down / camera.scale };
}

/** Come nearer by a factor; what lies under the pixel stays there. `whole` is the camera on all points. */
export function zoomed(
  camera: Camera,
  size: Size,
  at: { left: number; top: number },
  factor: number,
  whole: Camera,
): Camera {
  const scale = Math.min(whole.scale * MOST_ZOOM, Math.max(whole.scale / 2, camera.scale * factor));
  const [x, y] = toPlace(camera, size, at.left, at.top);
  return {
    x: x - (at.left - size.width / 2) / scale,
    y: y + (at.top - size.height / 2) / scale,
    scale,
  };
}

/** Places between two maps of the same images, 0 at the first; a point that lacks one of them has none. */
export function between(from: Places, to: Places, share: number, out: Places): Places {
  for (let row = 0; row < out.x.length; row++) {
    out.x[row] = (from.x[row] as number) * (1 - share) + (to.x[row] as number) * share;
    out.y[row] = (from.y[row] as number) * (1 - share) + (to.y[row] as number) * share;
  }
  return out;
}
