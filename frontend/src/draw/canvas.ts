/** Canvases at the screen's own resolution, and packed pixels on them. */

/** Give a canvas a size in CSS pixels; the context returned draws in CSS pixels, sharp on HiDPI screens. */
export function fitCanvas(
  canvas: HTMLCanvasElement,
  size: { width: number; height: number },
  ratio: number = globalThis.devicePixelRatio || 1,
): CanvasRenderingContext2D {
  const width = Math.max(1, Math.round(size.width * ratio));
  const height = Math.max(1, Math.round(size.height * ratio));
  if (canvas.width !== width) canvas.width = width;
  if (canvas.height !== height) canvas.height = height;
  canvas.style.width = `${size.width}px`;
  canvas.style.height = `${size.height}px`;
  const context = context2d(canvas);
  context.setTransform(width / size.width, 0, 0, height / size.height, 0, 0);
  return context;
}

/** The 2-D context, or an error that says what the page needs. */
export function context2d(canvas: HTMLCanvasElement): CanvasRenderingContext2D {
  const context = canvas.getContext("2d");
  if (!context) throw new Error("this browser gives no 2-D canvas, which the pictures need");
  return context;
}

/** A canvas of its own holding packed pixels at their own size. */
export function canvasOf(
  pixels: Uint32Array<ArrayBuffer>,
  width: number,
  height: number,
  canvas: HTMLCanvasElement = document.createElement("canvas"),
): HTMLCanvasElement {
  canvas.width = width;
  canvas.height = height;
  if (width > 0 && height > 0) {
    const image = new ImageData(new Uint8ClampedArray(pixels.buffer, 0, width * height * 4), width, height);
    context2d(canvas).putImageData(image, 0, 0);
  }
  return canvas;
}

/** Draw a picture into a rectangle: crisp pixels when it grows, averaged when it shrinks. */
export function drawScaled(
  context: CanvasRenderingContext2D,
  source: CanvasImageSource,
  from: { x: number; y: number; width: number; height: number },
  to: { x: number; y: number; width: number; height: number },
): void {
  const ratio = context.getTransform().a || 1;
  context.imageSmoothingEnabled = to.width * ratio < from.width;
  context.imageSmoothingQuality = "medium";
  context.drawImage(source, from.x, from.y, from.width, from.height, to.x, to.y, to.width, to.height);
}
