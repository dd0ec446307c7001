/** A small picture from packed pixels. */

import { useLayoutEffect, useRef } from "preact/hooks";
import { canvasOf, drawScaled, fitCanvas } from "../draw/canvas";

export interface Pixels {
  pixels: Uint32Array<ArrayBuffer>;
  width: number;
  height: number;
}

interface Props extends Pixels {
  /** Size on the page, CSS pixels. */
  size: { width: number; height: number };
  /** What it shows; empty when the text beside it says so. */
  label: string;
}

export function PixelCanvas({ pixels, width, height, size, label }: Props) {
  const ref = useRef<HTMLCanvasElement>(null);
  // In the same frame as the text around it: a new label must never stand over the old picture.
  useLayoutEffect(() => {
    const canvas = ref.current;
    if (!canvas || width === 0 || height === 0) return;
    const context = fitCanvas(canvas, size);
    context.clearRect(0, 0, size.width, size.height);
    drawScaled(
      context,
      canvasOf(pixels, width, height),
      { x: 0, y: 0, width, height },
      { x: 0, y: 0, ...size },
    );
  }, [pixels, width, height, size.width, size.height]);
  const style = { width: `${size.width}px`, height: `${size.height}px` };
  return label ? (
    <canvas ref={ref} style={style} role="img" aria-label={label} />
  ) : (
    <canvas ref={ref} style={style} />
  );
}
