import { expect, test } from "vitest";
import type { Ask } from "./client";
import { Keeper } from "./keeper";

/** Requests whose answers the test sends when it likes. */
class Wire {
  readonly cached = new Set<string>();
  readonly asked: string[] = [];
  readonly #answers = new Map<string, (value: string | Error) => void>();

  ask(address: string): Ask<string> {
    return {
      address,
      peek: () => (this.cached.has(address) ? address.toUpperCase() : undefined),
      load: () =>
        new Promise((resolve, reject) => {
          this.asked.push(address);
          this.#answers.set(address, (value) => (value instanceof Error ? reject(value) : resolve(value)));
        }),
    };
  }

  async answer(address: string, error?: Error): Promise<void> {
    if (!error) this.cached.add(address);
    this.#answers.get(address)?.(error ?? address.toUpperCase());
    await new Promise((resolve) => setTimeout(resolve));
  }
}

function setUp(): { wire: Wire; keeper: Keeper<string>; log: (string | undefined)[] } {
  const log: (string | undefined)[] = [];
  const wire = new Wire();
  const keeper = new Keeper<string>(() => log.push(keeper.shown.value));
  return { wire, keeper, log };
}

test("while one answer is under way only the newest wish waits", async () => {
  const { wire, keeper, log } = setUp();
  for (const step of ["s1", "s2", "s3", "s4"]) keeper.want(wire.ask(step), "layer");
  expect(wire.asked).toEqual(["s1"]);
  await wire.answer("s1");
  expect(wire.asked).toEqual(["s1", "s4"]);
  await wire.answer("s4");
  expect(log).toEqual(["S1", "S4"]);
});

test("an answer older than the one shown is dropped", async () => {
  const { wire, keeper } = setUp();
  wire.cached.add("s2");
  keeper.want(wire.ask("s1"), "layer");
  keeper.want(wire.ask("s2"), "layer");
  expect(keeper.shown.value).toBe("S2");
  await wire.answer("s1");
  expect(keeper.shown).toMatchObject({ value: "S2", address: "s2" });
});

test("the old answer of another layer goes at once, and its late answer never comes", async () => {
  const { wire, keeper } = setUp();
  keeper.want(wire.ask("a1"), "a");
  await wire.answer("a1");
  keeper.want(wire.ask("a2"), "a");
  keeper.want(wire.ask("b2"), "b");
  expect(keeper.shown.value).toBeUndefined();
  await wire.answer("a2");
  expect(keeper.shown.value).toBeUndefined();
  await wire.answer("b2");
  expect(keeper.shown.value).toBe("B2");
});

test("a failure is told for what was asked last, keeps the old picture, and can be retried", async () => {
  const { wire, keeper } = setUp();
  keeper.want(wire.ask("s1"), "layer");
  await wire.answer("s1");
  keeper.want(wire.ask("s2"), "layer");
  await wire.answer("s2", new Error("damaged"));
  expect(keeper.shown).toMatchObject({ value: "S1", address: "s1" });
  expect(keeper.shown.error?.message).toBe("damaged");
  keeper.retry();
  await wire.answer("s2");
  expect(keeper.shown).toEqual({ value: "S2", address: "s2", error: undefined });
});

test("a failure of a step that was passed is not told", async () => {
  const { wire, keeper } = setUp();
  keeper.want(wire.ask("s1"), "layer");
  keeper.want(wire.ask("s2"), "layer");
  await wire.answer("s1", new Error("damaged"));
  await wire.answer("s2");
  expect(keeper.shown).toEqual({ value: "S2", address: "s2", error: undefined });
});
