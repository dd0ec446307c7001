import { expect, test } from "vitest";
import { checksum, withTexts } from "./png_text";

/** Signature, IHDR and IEND: all that the chunks between them need. */
function emptyPng(): Uint8Array {
  const bytes = new Uint8Array(8 + 25 + 12);
  bytes.set([137, 80, 78, 71, 13, 10, 26, 10]);
  const view = new DataView(bytes.buffer);
  view.setUint32(8, 13);
  bytes.set(new TextEncoder().encode("IHDR"), 12);
  bytes.set(new TextEncoder().encode("IEND"), 37);
  return bytes;
}

test("the checksum is PNG's: that of an empty IEND is known", () => {
  expect(checksum(new TextEncoder().encode("IEND"))).toBe(0xae426082);
});

test("a text comes right after the header, with its keyword and in UTF-8, and the rest stays", () => {
  const png = emptyPng();
  const file = withTexts(png, { Description: "σ ½ · step 3", Software: "CNN Viz" });
  expect(Array.from(file.subarray(0, 33))).toEqual(Array.from(png.subarray(0, 33)));
  expect(Array.from(file.subarray(-12))).toEqual(Array.from(png.subarray(-12)));
  const length = new DataView(file.buffer).getUint32(33);
  const data = new TextDecoder().decode(file.subarray(37, 41 + length));
  expect(data).toBe("iTXtDescription\0\0\0\0\0σ ½ · step 3");
  const sum = new DataView(file.buffer).getUint32(41 + length);
  expect(sum).toBe(checksum(file.subarray(37, 41 + length)));
});

test("what is no PNG, and a keyword that cannot be one, are refused", () => {
  expect(() => withTexts(new Uint8Array(40), { Title: "x" })).toThrow("no PNG");
  expect(() => withTexts(emptyPng(), { größe: "x" })).toThrow("cannot name a text");
});
