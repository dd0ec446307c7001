import { expect, test } from "vitest";
import { centreOf, readBenchPicture } from "./own_picture";

const size = { width: 28, height: 28 };
const bounds = { max_input_bytes: 2 ** 20, max_input_pixels: 10 ** 6 };

test("the centre is cut out in the wanted proportions", () => {
  expect(centreOf({ width: 100, height: 50 }, size)).toEqual({ x: 25, y: 0, width: 50, height: 50 });
  const wide = { width: 20, height: 10 };
  expect(centreOf({ width: 40, height: 100 }, wide)).toEqual({ x: 0, y: 40, width: 40, height: 20 });
});

test("a file that is too large is not decoded, and the sentence names it", async () => {
  const file = { name: "huge.png", size: 2 ** 30 } as File;
  await expect(readBenchPicture(file, size, bounds)).rejects.toThrow("huge.png has 1024.0 MiB");
});

test("a picture of too many pixels is refused with both numbers", async () => {
  const bitmap = { width: 5000, height: 5000, close: () => undefined };
  globalThis.createImageBitmap = (async () => bitmap) as unknown as typeof createImageBitmap;
  const file = new File(["x"], "wide.png");
  await expect(readBenchPicture(file, size, bounds)).rejects.toThrow("25000000 pixels; at most 1000000");
});
