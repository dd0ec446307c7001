import { render } from "preact";
import { act } from "preact/test-utils";
import { afterEach, expect, test, vi } from "vitest";
import { matching } from "./combo";
import { Form, fieldsOf, problems } from "./form";
import type { Schema } from "./schema";
import type { Sources } from "./sources";

const sources: Sources = {
  layers: [
    { name: "conv1", note: "Conv2d", channels: 8 },
    { name: "fc", note: "Linear", channels: 3 },
  ],
  classes: ["tench", "goldfish", "great white shark"],
  methods: ["saliency"],
  examples: [
    { title: "0 tench", pixels: null },
    { title: "1 goldfish", pixels: null },
  ],
  networks: [],
  makers: [],
  styles: [],
};
const index: Schema = { type: "integer", minimum: 0 };
const layer: Schema = { "x-widget": "layer", anyOf: [{ type: "string" }, { type: "null" }], default: null };
const schema: Schema = {
  type: "object",
  required: ["target"],
  properties: {
    rate: { type: "number", exclusiveMinimum: 0, description: "Of the step.", default: 0.05 },
    robust: { type: "boolean" },
    rule: { enum: ["adam", "plain"] },
    octaves: { type: "integer", minimum: 1, maximum: 12 },
    position: { anyOf: [{ enum: ["mean"] }, { type: "array", items: index, minItems: 2, maxItems: 2 }] },
    plus: {
      type: "array",
      maxItems: 1,
      items: { type: "object", title: "Term", properties: { unit: index } },
    },
    layer,
    layers: { "x-widget": "layers", type: "array", items: { type: "string" } },
    units: { "x-widget": "units", type: "array", items: index, minItems: 1 },
    target: { "x-widget": "class", anyOf: [index, { type: "null" }] },
    guide: { "x-widget": "example", anyOf: [index, { type: "null" }] },
  },
};
const root = document.createElement("div");

afterEach(() => {
  render(null, root);
  root.remove();
});

function draw(values: Record<string, unknown>, refusals = {}) {
  const change = vi.fn();
  const help = vi.fn();
  document.body.append(root);
  const form = { schema, values, sources, refusals, onChange: change, onHelp: help };
  act(() => render(<Form {...form} />, root));
  return { change, help };
}

function row(title: string): HTMLElement {
  const label = [...root.querySelectorAll("label")].find((one) => one.textContent === title);
  return label?.closest(".f-row") as HTMLElement;
}

function type(field: HTMLInputElement, text: string): void {
  act(() => {
    field.value = text;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
}

const input = (title: string) => row(title).querySelector("input") as HTMLInputElement;
const press = (element: Element | null, key: string) =>
  act(() => void element?.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true })));

test("what is looked at comes before how", () => {
  expect(fieldsOf(schema).map(([name]) => name)).toEqual(
    "layer layers units target guide rate robust rule octaves position plus".split(" "),
  );
});

test("a control is labelled, described by its help, and says what is wrong with its value", () => {
  const { help } = draw({ rate: 0 });
  const field = input("Rate");
  expect(field.labels?.[0]?.textContent ?? row("Rate").querySelector("label")?.htmlFor).toBeTruthy();
  const described = field.getAttribute("aria-describedby")?.split(" ") ?? [];
  expect(described.map((id) => document.getElementById(id)?.textContent)).toEqual([
    "Of the step.",
    "▲ must be more than 0",
  ]);
  expect(field.getAttribute("aria-invalid")).toBe("true");
  row("Rate").dispatchEvent(new PointerEvent("pointerenter"));
  expect(help).toHaveBeenCalledWith("Rate: Of the step.");
});

test("a server's refusal stands at its field until the value itself is wrong", () => {
  draw({ rate: 1 }, { rate: "too large for this network" });
  expect(row("Rate").textContent).toContain("▲ too large for this network");
});

test("a parameter that is needed is named", () => {
  expect(problems(schema, {})).toEqual({ target: "is needed" });
  expect(problems(schema, { target: 1, octaves: 13 })).toEqual({ octaves: "must be at most 12" });
});

test("what the network does not have is said at its field, without being forbidden", () => {
  const values = { layer: "conv9", layers: ["fc"], target: 7, units: [2, 3] };
  draw(values);
  expect(row("Layer").textContent).toContain("▲ conv9 is no layer of this network");
  expect(row("Layers").textContent).not.toContain("▲");
  expect(row("Target").textContent).toContain("▲ 7 is beyond the 3 classes there are");
  expect(problems(schema, values)).toEqual({});
  draw({ ...values, layer: null });
  expect(row("Units").textContent).toContain("▲ 3 is beyond the 3 classes");
  draw({ ...values, layer: "conv1", units: [7, 8] });
  expect(row("Units").textContent).toContain("▲ 8 is beyond the 8 channels");
});

test("numbers are typed or dragged, and half typed ones stay as they are", () => {
  const { change } = draw({ octaves: 4, rate: 0.5 });
  const [slider, field] = row("Octaves").querySelectorAll("input");
  expect([slider?.type, slider?.max, field?.type]).toEqual(["range", "12", "number"]);
  type(field as HTMLInputElement, "7");
  expect(change).toHaveBeenLastCalledWith("octaves", 7);
  type(input("Rate"), "");
  expect(change).toHaveBeenLastCalledWith("rate", "");
});

test("a switch and a choice give their own values, not texts", () => {
  const { change } = draw({ robust: true, rule: "adam" });
  const button = row("Robust").querySelector("[role=switch]") as HTMLElement;
  expect(button.getAttribute("aria-checked")).toBe("true");
  button.click();
  expect(change).toHaveBeenLastCalledWith("robust", false);
  const select = row("Rule").querySelector("select") as HTMLSelectElement;
  select.value = "1";
  select.dispatchEvent(new Event("change", { bubbles: true }));
  expect(change).toHaveBeenLastCalledWith("rule", "plain");
});

test("a class is found by a part of its name, with the keyboard alone", () => {
  const { change } = draw({ target: null });
  const field = input("Target");
  act(() => field.click());
  type(field, "shark");
  const options = [...row("Target").querySelectorAll("[role=option]")];
  expect(options.map((one) => one.textContent)).toEqual(["great white shark2"]);
  expect(field.getAttribute("aria-activedescendant")).toBe(options[0]?.id);
  press(field, "Enter");
  expect(change).toHaveBeenLastCalledWith("target", 2);
  expect(row("Target").querySelectorAll("[role=option]")).toHaveLength(0);
});

test("an emptied field chooses nothing where nothing is allowed", () => {
  const { change } = draw({ layer: "fc" });
  const field = input("Layer");
  expect(field.value).toBe("fc");
  act(() => field.click());
  type(field, "");
  press(field, "Enter");
  expect(change).toHaveBeenLastCalledWith("layer", null);
});

test("layers stand in the network's order and can be taken out", () => {
  const { change } = draw({ layers: ["fc"] });
  const field = input("Layers");
  act(() => field.click());
  press(field, "Enter");
  expect(change).toHaveBeenLastCalledWith("layers", ["conv1", "fc"]);
  (row("Layers").querySelector(".chip") as HTMLElement).click();
  expect(change).toHaveBeenLastCalledWith("layers", []);
});

test("units are classes by name, or channels of the layer beside them", () => {
  draw({ units: [1], layer: null });
  expect(row("Units").querySelector(".chip")?.textContent).toContain("goldfish");
  const { change } = draw({ units: [1], layer: "conv1" });
  expect(input("Units").value).toBe("1");
  expect(input("Units").placeholder).toBe("of 0 … 7");
  type(input("Units"), "0-2");
  expect(change).toHaveBeenLastCalledWith("units", [0, 1, 2]);
});

test("the first class chosen takes the place of the default, which nobody chose", () => {
  const units = { ...schema.properties?.units, default: [0] };
  const change = vi.fn();
  document.body.append(root);
  const draw = (chosen: number[]) =>
    act(() =>
      render(
        <Form
          schema={{ properties: { units } }}
          values={{ units: chosen }}
          sources={sources}
          onChange={change}
        />,
        root,
      ),
    );
  const choose = (): void => {
    act(() => input("Units").click());
    type(input("Units"), "shark");
    press(input("Units"), "Enter");
  };
  draw([0]);
  choose();
  expect(change).toHaveBeenLastCalledWith("units", [2]);
  draw([1]);
  choose();
  expect(change).toHaveBeenLastCalledWith("units", [1, 2]);
});

test("an example is chosen by its picture and let go again", () => {
  const { change } = draw({ guide: 1 });
  const [first, second] = row("Guide").querySelectorAll("button");
  expect(second?.getAttribute("aria-pressed")).toBe("true");
  second?.click();
  expect(change).toHaveBeenLastCalledWith("guide", null);
  first?.click();
  expect(change).toHaveBeenLastCalledWith("guide", 0);
});

test("one of several shapes is chosen, then filled in", () => {
  const { change } = draw({ position: "mean" });
  const select = row("Position").querySelector("select") as HTMLSelectElement;
  select.value = "1";
  select.dispatchEvent(new Event("change", { bubbles: true }));
  expect(change).toHaveBeenLastCalledWith("position", [0, 0]);
  const again = draw({ position: [0, 0] });
  type(row("Position").querySelectorAll("input")[1] as HTMLInputElement, "5");
  expect(again.change).toHaveBeenLastCalledWith("position", [0, 5]);
});

test("objects in a list are added up to their bound, changed and taken out", () => {
  const { change } = draw({ plus: [] });
  const add = [...row("Plus").querySelectorAll("button")].at(-1) as HTMLButtonElement;
  add.click();
  expect(change).toHaveBeenLastCalledWith("plus", [{ unit: 0 }]);
  const again = draw({ plus: [{ unit: 4 }] });
  expect([...row("Plus").querySelectorAll("button")].at(-1)?.disabled).toBe(true);
  type(row("Plus").querySelector("input") as HTMLInputElement, "6");
  expect(again.change).toHaveBeenLastCalledWith("plus", [{ unit: 6 }]);
  (row("Plus").querySelector("[aria-label='Plus: take out term 1']") as HTMLElement).click();
  expect(again.change).toHaveBeenLastCalledWith("plus", []);
});

test("of a long list those that begin with the words come first", () => {
  const entries = ["white shark", "shark", "sharksucker"].map((text, at) => ({
    value: `${at}`,
    text,
    note: "",
  }));
  expect(matching(entries, "shark").map((one) => one.text)).toEqual(["shark", "sharksucker", "white shark"]);
  expect(matching(entries, "0").map((one) => one.text)).toEqual(["white shark"]);
});
