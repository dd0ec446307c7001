import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, expect, test, vi } from "vitest";
import { BlendPad, blendText, withShare } from "./blend_pad";

const root = document.createElement("div");
const PARTS = ["waves", "bricks", "leaves", "sand"].map((title) => ({ title, pixels: null }));

afterEach(() => {
  render(null, root);
  root.remove();
});

function draw(shares: number[]) {
  const change = vi.fn();
  document.body.append(root);
  const parts = PARTS.slice(0, shares.length);
  act(() =>
    render(<BlendPad label="Mix" parts={parts} shares={shares} onChange={change} side={216} />, root),
  );
  return change;
}

const press = (key: string) =>
  act(() => {
    const hand = root.querySelector("[role=slider]");
    hand?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  });

test("one style has nothing to mix, two have a slider, more a point in a polygon", () => {
  draw([1]);
  expect(root.textContent).toBe("");
  draw([0.7, 0.3]);
  expect(root.querySelector("input[type=range]")?.getAttribute("aria-valuetext")).toBe(
    "70 % waves, 30 % bricks",
  );
  draw([0.5, 0.25, 0.25]);
  expect(root.querySelector("[role=slider]")?.getAttribute("aria-valuetext")).toBe(
    "50 % waves, 25 % bricks, 25 % leaves",
  );
  expect([...root.querySelectorAll("input")].map((field) => field.value)).toEqual(["50", "25", "25"]);
});

test("keys move the point: to a corner, to the middle, and a little way", () => {
  const change = draw([0.34, 0.33, 0.33]);
  press("2");
  expect(change).toHaveBeenLastCalledWith([0, 1, 0]);
  press("Home");
  expect(change).toHaveBeenLastCalledWith([0.34, 0.33, 0.33]);
  press("ArrowUp");
  const [first, second, third] = (change.mock.lastCall ?? [[]])[0] as number[];
  expect(first).toBeGreaterThan(0.34);
  expect(Math.abs((second as number) - (third as number))).toBeLessThanOrEqual(0.0101);
  change.mockClear();
  press("9");
  press("x");
  expect(change).not.toHaveBeenCalled();
});

test("a share that is typed leaves the others their proportions", () => {
  expect(withShare([0.5, 0.25, 0.25], 0, 0.2)).toEqual([0.2, 0.4, 0.4]);
  expect(withShare([1, 0, 0], 0, 0.5)).toEqual([0.5, 0.25, 0.25]);
  expect(withShare([0.2, 0.8], 1, 1)).toEqual([0, 1]);
  expect(blendText(PARTS, [0, 1, 0, 0])).toBe("100 % bricks");
});
