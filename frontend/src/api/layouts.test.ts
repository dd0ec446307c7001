import { expect, test } from "vitest";
import { bitmap } from "./layouts";

test("a bitmap holds one bit an image, the first in the lowest bit", () => {
  expect(bitmap(Uint8Array.of(1, 0, 1))).toBe("BQ");
  const many = new Uint8Array(17);
  many[16] = 1;
  expect(atob(bitmap(many).replaceAll("-", "+").replaceAll("_", "/"))).toBe("\0\0\u0001");
});
