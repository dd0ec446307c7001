/** A receptive field drawn on the image that it was cut from. */

export interface Rectangle {
  x: number;
  y: number;
  width: number;
  height: number;
}

/**
 * The part of a field that lies on the image, in pixels of the picture as drawn; null where none of it does.
 *
 * @param box top, left, bottom, right in pixels of the input; reaches beyond it.
 * @param input height and width of the input.
 * @param drawn size of the picture on the page.
 */
export function fieldOn(
  box: ArrayLike<number>,
  input: { height: number; width: number },
  drawn: { height: number; width: number },
): (Rectangle & { isWhole: boolean }) | null {
  const [top = 0, left = 0, bottom = 0, right = 0] = Array.from(box);
  const [y0, y1] = [Math.max(0, top), Math.min(input.height, bottom)];
  const [x0, x1] = [Math.max(0, left), Math.min(input.width, right)];
  if (y1 <= y0 || x1 <= x0) return null;
  const [down, across] = [drawn.height / input.height, drawn.width / input.width];
  const isWhole = y0 === 0 && x0 === 0 && y1 === input.height && x1 === input.width;
  return { x: x0 * across, y: y0 * down, width: (x1 - x0) * across, height: (y1 - y0) * down, isWhole };
}
