import { expect, test } from "vitest";
import { AnswerCache } from "./cache";

test("the least recently used answer goes first, and the bound holds", () => {
  const cache = new AnswerCache<string>(10);
  cache.set("a", "A", 4);
  cache.set("b", "B", 4);
  expect(cache.get("a")).toBe("A");
  cache.set("c", "C", 4);
  expect([cache.get("a"), cache.get("b"), cache.get("c")]).toEqual(["A", undefined, "C"]);
  expect(cache.bytes).toBe(8);
});

test("an answer set twice is counted once, one beyond the bound not at all", () => {
  const cache = new AnswerCache<string>(10);
  cache.set("a", "A", 6);
  cache.set("a", "A2", 7);
  expect([cache.get("a"), cache.bytes]).toEqual(["A2", 7]);
  cache.set("huge", "H", 11);
  expect([cache.get("huge"), cache.get("a")]).toEqual([undefined, "A2"]);
});
