import { expect, test } from "vitest";
import { inputOfData } from "../../state/own_inputs";
import type { Schema } from "../../ui/form/schema";
import {
  compose,
  type Item,
  itemsOf,
  moved,
  partTexts,
  placed,
  roleNames,
  rolesOf,
  roleText,
  withPicture,
} from "./roles";

const row: Schema = { type: "integer", minimum: 0 };
const style = rolesOf({
  properties: {
    content: { ...row, "x-widget": "example" },
    styles: { type: "array", items: row, "x-widget": "examples" },
    blend: { type: "array", items: { type: "number" }, "x-widget": "blend" },
  },
});
const dream = rolesOf({
  properties: { guide: { "x-widget": "example", anyOf: [row, { type: "null" }], default: null } },
});
const own = [inputOfData("waves", "AA"), inputOfData("bricks", "BB")];
const texts = (items: readonly Item[], roles = style) => items.map((_, at) => roleText(roles, items, at));
const names = (items: readonly Item[]) =>
  items.map(({ picture }) => (picture.kind === "own" ? picture.own.name : picture.row));

test("parameters that name pictures are the picker's", () => {
  expect(roleNames(style)).toEqual(["content", "styles"]);
  expect(style.blend).toBe("blend");
  expect(roleNames(dream)).toEqual(["guide"]);
  expect(roleNames(rolesOf({ properties: { rate: { type: "number" } } }))).toEqual([]);
});

test("the first picture is the content, the others are styles, wherever they come from", () => {
  const items = itemsOf(style, { content: 0, styles: [] }, [7], own);
  expect(names(items)).toEqual([7, "waves", "bricks"]);
  expect(texts(items)).toEqual(["content", "style 1", "style 2"]);
  expect(compose(style, items)).toEqual({
    examples: [7],
    own,
    params: { content: 0, styles: [1, 2], blend: undefined },
  });
});

test("an own picture can be the content of an example's style", () => {
  const items = placed(style, itemsOf(style, { content: 0, styles: [1] }, [7], own.slice(0, 1)).reverse());
  expect(texts(items)).toEqual(["content", "style"]);
  const { examples, params } = compose(style, items);
  expect([examples, params.content, params.styles]).toEqual([[7], 1, [0]]);
  const again = itemsOf(style, params, [7], own.slice(0, 1));
  expect(names(again)).toEqual(["waves", 7]);
});

test("what is moved changes its part, and takes its share along", () => {
  const values = { content: 0, styles: [1, 2], blend: [0.75, 0.25] };
  const items = itemsOf(style, values, [7], own);
  const swapped = moved(style, items, 1, 1) as Item[];
  expect(names(swapped)).toEqual([7, "bricks", "waves"]);
  const { own: sent, params } = compose(style, swapped);
  expect(sent.map((one) => one.name)).toEqual(["bricks", "waves"]);
  expect(params).toEqual({ content: 0, styles: [1, 2], blend: [0.25, 0.75] });
  const first = moved(style, items, 1, -1) as Item[];
  expect([names(first), texts(first)]).toEqual([
    ["waves", 7, "bricks"],
    ["content", "style 1", "style 2"],
  ]);
  expect(compose(style, first).params.blend).toBeUndefined();
  expect(moved(style, items, 0, -1)).toBeUndefined();
});

test("a part that may be left out is named at the picture, and nothing else is", () => {
  const items = itemsOf(dream, { guide: 1 }, [3, 5], own);
  expect(texts(items, dream)).toEqual(["", "guide", "", ""]);
  expect(compose(dream, items).params).toEqual({ guide: 1 });
  const without = items.map((item) => ({ ...item, role: null }));
  expect(compose(dream, without).params).toEqual({ guide: undefined });
  expect(moved(dream, items, 1, 1)).toBeUndefined();
  expect(names(moved(dream, items, 0, 1) as Item[])).toEqual([5, 3, "waves", "bricks"]);
});

test("a picture may have two parts", () => {
  const items = itemsOf(style, { content: 0, styles: [0, 1] }, [4, 6], []);
  expect(names(items)).toEqual([4, 4, 6]);
  expect(compose(style, items)).toMatchObject({ examples: [4, 6], params: { content: 0, styles: [0, 1] } });
});

test("examples are added in their own order until a person has chosen another", () => {
  const add = (items: readonly Item[], row: number) => withPicture(dream, items, { kind: "example", row });
  const three = add(add(add([], 5), 2), 9);
  expect(names(three)).toEqual([2, 5, 9]);
  const turned = moved(dream, three, 0, 1) as Item[];
  expect(names(add(turned, 1))).toEqual([5, 2, 9, 1]);
  expect(texts(withPicture(style, [], { kind: "example", row: 3 }))).toEqual(["content"]);
});

test("the pictures of a request say what they were for", () => {
  expect(partTexts(style, { content: 0, styles: [2, 1] }, 4)).toEqual(["content", "style 2", "style 1", ""]);
  expect(partTexts(style, { content: 0, styles: [0] }, 1)).toEqual(["content, style"]);
  expect(partTexts(dream, { guide: null }, 2)).toEqual(["", ""]);
});
