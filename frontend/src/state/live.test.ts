import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ApiError, type Client } from "../api/client";
import type { RunAnswer, RunSummary, RunsAnswer } from "../api/types";
import { defaultRun, defaultTag, Live, POLL_MS, shortTag } from "./live";
import { sampleIndex } from "./sample_index";
import { Store } from "./store";

const summary = (name: string, steps: number): RunSummary => ({
  name,
  steps,
  first_step: 0,
  last_step: steps - 1,
  scalars: [],
  problems: [],
});

/** A server whose state the test changes. */
class Server {
  rev = "1";
  runs: RunSummary[] = [summary("empty", 0), summary("first", 2)];
  indexes: Record<string, RunAnswer["index"]> = { first: sampleIndex({ steps: [0, 1] }) };
  isDown = false;
  asked: string[] = [];

  readonly client = {
    runs: async (since?: string): Promise<RunsAnswer> => {
      this.#hear(`runs ${since ?? ""}`);
      return { rev: this.rev, logdir: "logs", runs: since === this.rev ? null : this.runs };
    },
    run: async (run: string, since?: string): Promise<RunAnswer> => {
      this.#hear(`run ${run}`);
      const index = this.indexes[run];
      if (!index) throw new ApiError(`no run '${run}'`, "missing", 404);
      return { rev: index.rev, index: since === index.rev ? null : { ...index, name: run } };
    },
  } as unknown as Client;

  #hear(what: string): void {
    this.asked.push(what.trim());
    if (this.isDown) throw new ApiError("TensorBoard does not answer", "network", 0);
  }
}

let store: Store;
let server: Server;
let live: Live;

beforeEach(() => {
  vi.useFakeTimers();
  store = new Store();
  server = new Server();
  live = new Live(store, server.client);
});

afterEach(() => {
  live.stop();
  vi.useRealTimers();
});

const settle = () => vi.advanceTimersByTimeAsync(1);

test("the first run with captures is opened, at its latest one", async () => {
  live.start();
  await settle();
  expect([store.a.run.value, store.a.shown.value]).toEqual(["first", 1]);
  expect(store.runs.value).toMatchObject({ kind: "ready", logdir: "logs" });
});

test("a new revision brings the new capture, an old one changes nothing", async () => {
  live.start();
  await settle();
  const before = store.a.index.value;
  await vi.advanceTimersByTimeAsync(POLL_MS);
  expect(store.a.index.value).toBe(before);
  server.indexes.first = { ...sampleIndex({ steps: [0, 1, 2] }), rev: "r2" };
  await vi.advanceTimersByTimeAsync(POLL_MS);
  expect(store.a.shown.value).toBe(2);
});

test("a failed poll means reconnecting, and what is shown stays", async () => {
  live.start();
  await settle();
  server.isDown = true;
  await vi.advanceTimersByTimeAsync(POLL_MS);
  expect(store.silentSince.value).not.toBeNull();
  expect(store.a.shown.value).toBe(1);
  server.isDown = false;
  await vi.advanceTimersByTimeAsync(POLL_MS);
  expect(store.silentSince.value).toBeNull();
});

test("with no answer at all the reason is told, and it is tried again", async () => {
  server.isDown = true;
  live.start();
  await settle();
  expect(store.runs.value.kind).toBe("failed");
  server.isDown = false;
  await vi.advanceTimersByTimeAsync(POLL_MS);
  expect(store.runs.value.kind).toBe("ready");
});

test("a hidden page asks for nothing, and at once when it is shown again", async () => {
  live.start();
  await settle();
  store.awake.value = false;
  server.asked = [];
  await vi.advanceTimersByTimeAsync(10 * POLL_MS);
  expect(server.asked).toEqual([]);
  store.awake.value = true;
  await settle();
  expect(server.asked).toEqual(["runs 1", "run first"]);
});

test("a run that is not there says so and is found when it comes", async () => {
  store.a.run.value = "gone";
  live.start();
  await settle();
  expect(store.a.error.value?.message).toBe("no run 'gone'");
  expect(store.silentSince.value).toBeNull();
  server.indexes.gone = sampleIndex({ steps: [5] });
  await vi.advanceTimersByTimeAsync(POLL_MS);
  expect([store.a.error.value, store.a.shown.value]).toEqual([null, 5]);
});

test("going back to an address without a run opens the default one again", async () => {
  live.start();
  await settle();
  store.a.run.value = null;
  await settle();
  expect(store.a.run.value).toBe("first");
});

test("the training loss is drawn where there is one", () => {
  expect(defaultTag(["lr", "val/loss", "train/loss", "acc"])).toBe("train/loss");
  expect([defaultTag(["val_loss", "lr"]), defaultTag(["lr"]), defaultTag([])]).toEqual([
    "val_loss",
    "lr",
    null,
  ]);
  expect(defaultRun([])).toBeNull();
});

test("a tag is called by the word that says what is measured", () => {
  expect(["train/loss", "loss/train", "accuracy/test", "lr", "a/b/"].map(shortTag)).toEqual([
    "loss",
    "loss",
    "accuracy",
    "lr",
    "b",
  ]);
});
