import { expect, test } from "vitest";
import { elided } from "./grid_painter";

test("a text that is too long ends in an ellipsis, and none stands where nothing fits", () => {
  const measure = (text: string) => text.length;
  expect(elided("tabby cat", 9, measure)).toBe("tabby cat");
  expect(elided("tabby cat", 7, measure)).toBe("tabby…");
  expect(elided("tabby", 0, measure)).toBe("");
});
