import { render } from "preact";
import { expect, test, vi } from "vitest";
import { FilmStrip, spread } from "./film_strip";

test("a strip that is too short keeps the first, the last and an even spread", () => {
  const steps = Array.from({ length: 41 }, (_, index) => index * 5);
  expect(spread(steps, 5)).toEqual([0, 50, 100, 150, 200]);
  expect(spread(steps, 1)).toEqual([200]);
  expect(spread([1, 2], 5)).toEqual([1, 2]);
});

test("the frame of the step on show is marked, broken ones too, and a click goes to its step", () => {
  const root = document.createElement("div");
  const goTo = vi.fn();
  const frame = { pixels: new Uint32Array(0), width: 0, height: 0 };
  const frames = [
    { ...frame, step: 0 },
    { ...frame, step: 10, broken: true },
  ];
  render(<FilmStrip frames={frames} shown={10} onStep={goTo} side={60} label="film" />, root);
  const buttons = [...root.querySelectorAll("button")];
  expect(buttons.map((button) => button.textContent)).toEqual(["step 0", "▲ 10"]);
  expect(buttons.map((button) => button.getAttribute("aria-current"))).toEqual([null, "step"]);
  buttons[0]?.click();
  expect(goTo).toHaveBeenCalledWith(0);
});
