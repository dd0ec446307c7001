import { expect, test } from "vitest";
import { sampleLayer } from "./sample_index";
import { ancestors, treeRows, visibleRows } from "./tree";

const layer = (name: string, container = false) => sampleLayer({ name, container });
const layers = [
  layer("conv1"),
  layer("conv1.relu"),
  layer("block.a.conv"),
  layer("head"),
  layer("block.b"),
  layer("block.a", true),
  layer("block", true),
  layer("", true),
];

const said = (rows: ReturnType<typeof treeRows>) => rows.map((row) => `${" ".repeat(row.depth)}${row.label}`);

test("layers nest by their names, parents first, in forward order", () => {
  expect(said(treeRows(layers))).toEqual(["conv1", " relu", "block", " a", "  conv", " b", "head"]);
});

test("a name whose containers are not listed keeps them in its label", () => {
  expect(said(treeRows([layer("features.0.conv")]))).toEqual(["features.0.conv"]);
});

test("a closed container hides all that is in it and nothing else", () => {
  const rows = treeRows(layers);
  expect(said(visibleRows(rows, new Set(["block"])))).toEqual(["conv1", " relu", "block", "head"]);
  expect(said(visibleRows(rows, new Set(["block.a"])))).toEqual([
    "conv1",
    " relu",
    "block",
    " a",
    " b",
    "head",
  ]);
});

test("the containers to open for a layer are found", () => {
  expect(ancestors("block.a.conv", treeRows(layers))).toEqual(["block", "block.a"]);
});

test("the tree of a thousand layers is made at once", () => {
  const many = Array.from({ length: 1000 }, (_, i) => layer(`stage.${i >> 3}.conv${i & 7}`));
  const before = performance.now();
  expect(treeRows([...many, layer("stage", true)])).toHaveLength(1001);
  expect(performance.now() - before).toBeLessThan(1000);
});
