/** A file of a person's own, as a bench picture: checked, brought to the examples' size, kept small before it is sent. */

import type { SessionAnswer } from "../../api/types";
import { context2d } from "../../draw/canvas";
import type { BenchPicture } from "../../state/bench_pictures";
import { shortName } from "../../state/predictions";

/** Files larger than this are not even decoded. */
const LARGEST_FILE = 64 * 2 ** 20;

type Bounds = Pick<SessionAnswer, "max_input_bytes" | "max_input_pixels">;

interface Size {
  width: number;
  height: number;
}

/** The part of a picture that fills a smaller one of other proportions: its centre. */
export function centreOf(picture: Size, wanted: Size): Size & { x: number; y: number } {
  const scale = Math.min(picture.width / wanted.width, picture.height / wanted.height);
  const [width, height] = [wanted.width * scale, wanted.height * scale];
  return { x: (picture.width - width) / 2, y: (picture.height - height) / 2, width, height };
}

/**
 * Read a picture: its shorter side is brought to the examples' size and its centre is cut out, as a job would do.
 *
 * What is transparent lies on white. Throws an Error whose sentence says what is wrong with the file.
 */
export async function readBenchPicture(file: File, wanted: Size, bounds: Bounds): Promise<BenchPicture> {
  const name = shortName(file.name) || "picture";
  if (file.size > LARGEST_FILE)
    throw new Error(`${name} has ${megabytes(file.size)}; at most ${megabytes(LARGEST_FILE)} are read`);
  const picture = await createImageBitmap(file).catch(() => null);
  if (!picture) throw new Error(`${name} is no picture that this browser can read: give a PNG, JPEG or WebP`);
  const pixels = picture.width * picture.height;
  if (pixels > bounds.max_input_pixels)
    throw new Error(`${name} has ${pixels} pixels; at most ${bounds.max_input_pixels} are taken`);
  const canvas = document.createElement("canvas");
  canvas.width = wanted.width;
  canvas.height = wanted.height;
  const context = context2d(canvas);
  context.fillStyle = "#ffffff";
  context.fillRect(0, 0, wanted.width, wanted.height);
  context.imageSmoothingQuality = "high";
  const part = centreOf(picture, wanted);
  const { x, y, width, height } = part;
  context.drawImage(picture, x, y, width, height, 0, 0, wanted.width, wanted.height);
  picture.close();
  const rgba = context.getImageData(0, 0, wanted.width, wanted.height).data;
  const data = canvas.toDataURL("image/png").split(",")[1] ?? "";
  if ((data.length * 3) / 4 > bounds.max_input_bytes)
    throw new Error(
      `${name} is too large to send: ${megabytes((data.length * 3) / 4)} at the network's size`,
    );
  return { name, data, rgb: withoutAlpha(rgba), ...wanted, digest: null };
}

function withoutAlpha(rgba: ArrayLike<number>): Uint8Array {
  const rgb = new Uint8Array((rgba.length / 4) * 3);
  for (let at = 0; at < rgba.length / 4; at++)
    for (let colour = 0; colour < 3; colour++) rgb[3 * at + colour] = rgba[4 * at + colour] as number;
  return rgb;
}

function megabytes(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}
