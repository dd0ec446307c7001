import { render } from "preact";
import { expect, test } from "vitest";
import { StepNote } from "./step_note";

function said(props: Parameters<typeof StepNote>[0]) {
  const root = document.createElement("div");
  render(<StepNote {...props} />, root);
  return { text: root.textContent, warns: root.querySelector(".stale") !== null };
}

test("a picture of the step looked at names it", () => {
  expect(said({ shown: 800, wanted: 800 })).toEqual({ text: "step 800", warns: false });
});

test("a picture of an earlier step says so in the warning colour", () => {
  expect(said({ shown: 600, wanted: 800 })).toEqual({ text: "from step 600", warns: true });
});

test("a preview is called one, and what the server says of it is not hidden", () => {
  expect(said({ shown: 800, wanted: 800, source: "preview" })).toEqual({
    text: "step 800 · preview",
    warns: true,
  });
  expect(said({ shown: 800, wanted: 800, problems: ["damaged"] }).text).toBe("step 800 ▲ damaged");
});
