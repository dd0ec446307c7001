import { expect, test } from "vitest";
import { showStyle } from "./style";

test("a view's style goes with the view", () => {
  showStyle(".death { display: grid }");
  showStyle(".film { flex: none }");
  const sheets = [...document.querySelectorAll("style")].map((sheet) => sheet.textContent);
  expect(sheets).toEqual([".film { flex: none }"]);
});
