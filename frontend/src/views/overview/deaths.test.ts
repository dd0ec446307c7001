import { expect, test } from "vitest";
import { groupDeaths } from "./deaths";

test("deaths in training come first, the latest on top; what never lived comes last", () => {
  const layer = "relu";
  const dead = [
    { layer, channel: 1, since: 0, alive: null },
    { layer, channel: 2, since: 30, alive: 20 },
    { layer, channel: 3, since: 50, alive: 40 },
    { layer, channel: 4, since: 30, alive: 20 },
  ];
  expect(groupDeaths(dead).map(({ since, channels }) => [since, channels])).toEqual([
    [50, [3]],
    [30, [2, 4]],
    [0, [1]],
  ]);
});
