import { expect, test } from "vitest";
import { fieldOn } from "./boxes";

const input = { height: 20, width: 40 };
const drawn = { height: 200, width: 400 };

test("a field is drawn where it lies, in pixels of the page", () => {
  expect(fieldOn([2, 4, 7, 14], input, drawn)).toEqual({
    x: 40,
    y: 20,
    width: 100,
    height: 50,
    isWhole: false,
  });
});

test("what reaches beyond the image is cut off", () => {
  expect(fieldOn([-5, -5, 5, 10], input, drawn)).toMatchObject({ x: 0, y: 0, width: 100, height: 50 });
  expect(fieldOn([-50, -50, 90, 90], input, drawn)?.isWhole).toBe(true);
});

test("a field that lies beside the image is not drawn", () => {
  expect(fieldOn([-9, 0, 0, 9], input, drawn)).toBeNull();
  expect(fieldOn([], input, drawn)).toBeNull();
});
