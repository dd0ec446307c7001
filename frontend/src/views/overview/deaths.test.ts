import { expect, test } from "vitest";
import { groupDeaths } from "./deaths";

test("deaths in training come first, the latest on top; those that never lived come last", () => {
  const dead = [
    { layer: "a", channel: 1, since: 0, alive: null },
    { layer: "a", channel: 2, since: 30, alive: 20 },
    { layer: "b", channel: 3, since: 50, alive: 40 },
    { layer: "a", channel: 4, since: 30, alive: 20 },
  ];
  expect(groupDeaths(dead).map(({ layer, since, channels }) => [layer, since, channels])).toEqual([
    ["b", 50, [3]],
    ["a", 30, [2, 4]],
    ["a", 0, [1]],
  ]);
});
