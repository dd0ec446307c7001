import { render } from "preact";
import { afterEach, expect, test, vi } from "vitest";
import { Listbox, nextPlace } from "./listbox";

const entries = ["viridis", "magma", "cividis", "grey"].map((name) => ({
  value: name,
  text: name,
  content: name,
}));
const root = document.createElement("div");

afterEach(() => {
  render(null, root);
  root.remove();
});

test("arrows and ends move in the list, letters find an entry after the one at hand", () => {
  expect(nextPlace("ArrowDown", 3, entries)).toBe(3);
  expect(nextPlace("ArrowUp", 1, entries)).toBe(0);
  expect(nextPlace("End", 0, entries)).toBe(3);
  expect(nextPlace("c", 0, entries)).toBe(2);
  expect(nextPlace("m", 1, entries)).toBe(1);
  expect(nextPlace("x", 1, entries)).toBe(1);
  expect(nextPlace("Shift", 1, entries)).toBeNull();
});

test("the keyboard alone opens, moves, chooses and comes back", async () => {
  const choose = vi.fn();
  document.body.append(root);
  render(<Listbox label="Colours" entries={entries} value="magma" onChoose={choose} />, root);
  const button = root.querySelector("button") as HTMLButtonElement;
  button.click();
  await vi.waitFor(() => expect(root.querySelector("[role=listbox]")).toBe(document.activeElement));
  const press = (key: string) =>
    root.querySelector("[role=listbox]")?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  press("ArrowDown");
  await vi.waitFor(() => expect(root.querySelector(".at")?.textContent).toBe("cividis"));
  press("Enter");
  expect(choose).toHaveBeenCalledWith("cividis");
  await vi.waitFor(() => expect(root.querySelector("[role=listbox]")).toBeNull());
  expect(document.activeElement).toBe(button);
});

test("with a search letters are typed, Space too, and Enter takes what they found", async () => {
  const choose = vi.fn();
  document.body.append(root);
  const find = (words: string) => entries.filter((entry) => entry.text.includes(words.trim()));
  const search = { hint: "search", find };
  render(<Listbox label="Colours" entries={entries} value="magma" onChoose={choose} search={search} />, root);
  root.querySelector("button")?.click();
  const field = await vi.waitFor(() => {
    const input = root.querySelector("input");
    expect(input).toBe(document.activeElement);
    return input as HTMLInputElement;
  });
  const press = (key: string) => field.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true }));
  field.value = "grey";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  await vi.waitFor(() => expect(root.querySelectorAll("[role=option]")).toHaveLength(1));
  press(" ");
  expect(choose).not.toHaveBeenCalled();
  press("Enter");
  expect(choose).toHaveBeenCalledWith("grey");
});
