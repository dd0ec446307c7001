/** Keeps the store up to date: polls the lists by revision while the page is shown, and loads what the frame draws. */

import { effect, untracked } from "@preact/signals";
import { ApiError, type Client } from "../api/client";
import type { RunIndex, RunSummary } from "../api/types";
import type { Side, Store } from "./store";

export const POLL_MS = 5000;

/** The run to open when the link names none: the first with captures. */
export function defaultRun(runs: readonly RunSummary[]): string | null {
  return (runs.find((run) => run.steps > 0) ?? runs[0])?.name ?? null;
}

/** The scalar that tells most about training: a loss, training before validation; null without scalars. */
export function defaultTag(tags: readonly string[]): string | null {
  const losses = tags.filter((tag) => /loss/i.test(tag));
  const training = losses.find((tag) => !/val|test|eval/i.test(tag));
  return training ?? losses[0] ?? tags[0] ?? null;
}

/** The scalar of run A that the strip draws: the chosen one where the run has it. */
export function drawnTag(store: Store): string | null {
  const tags = store.a.index.value?.scalars ?? [];
  const chosen = store.tag.value;
  return chosen !== null && tags.includes(chosen) ? chosen : defaultTag(tags);
}

/** The word of a tag that says what is measured: "loss" of "train/loss" and of "loss/train". */
export function shortTag(tag: string): string {
  const words = tag.split("/").filter(Boolean);
  return words.find((word) => /loss|acc|err/i.test(word)) ?? words.at(-1) ?? tag;
}

export class Live {
  readonly #store: Store;
  readonly #client: Client;
  readonly #undo: (() => void)[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #rev: string | undefined;
  #heardAt = Date.now();
  #isPolling = false;

  constructor(store: Store, client: Client) {
    this.#store = store;
    this.#client = client;
  }

  /** Begin; `stop` ends every timer and subscription. */
  start(): void {
    for (const side of [this.#store.a, this.#store.b]) {
      this.#undo.push(effect(() => this.#openRun(side, side.run.value)));
      this.#undo.push(effect(() => this.#loadTables(side, side.index.value)));
      this.#undo.push(effect(() => this.#loadCurve(side, side.index.value, this.#store.tag.value)));
    }
    this.#undo.push(
      effect(() => {
        if (this.#store.awake.value) untracked(() => void this.check());
        else clearTimeout(this.#timer);
      }),
    );
  }

  stop(): void {
    clearTimeout(this.#timer);
    for (const undo of this.#undo.splice(0)) undo();
  }

  /** Ask for news now, and again in POLL_MS while the page is shown. */
  async check(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#isPolling) return;
    this.#isPolling = true;
    try {
      await this.#checkRuns();
      await Promise.all([this.#checkIndex(this.#store.a), this.#checkIndex(this.#store.b)]);
      this.#heardAt = Date.now();
      this.#store.silentSince.value = null;
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#isPolling = false;
      if (this.#store.awake.peek() && this.#undo.length)
        this.#timer = setTimeout(() => void this.check(), POLL_MS);
    }
  }

  #failed(error: unknown): void {
    const { runs, silentSince } = this.#store;
    const reason = error instanceof Error ? error : new Error(String(error));
    if (runs.peek().kind !== "ready") runs.value = { kind: "failed", error: reason };
    else silentSince.value = this.#heardAt;
  }

  async #checkRuns(): Promise<void> {
    const { runs: state, a } = this.#store;
    const answer = await this.#client.runs(this.#rev);
    this.#rev = answer.rev;
    const before = state.peek();
    const runs = answer.runs ?? (before.kind === "ready" ? before.runs : []);
    state.value = { kind: "ready", logdir: answer.logdir, runs, checkedAt: Date.now() };
    if (a.run.peek() === null) a.run.value = defaultRun(runs);
  }

  async #checkIndex(side: Side): Promise<void> {
    const run = side.run.peek();
    if (run === null) return;
    const known = side.index.peek();
    const since = known?.name === run ? known.rev : undefined;
    try {
      const { index } = await this.#client.run(run, since);
      if (side.run.peek() !== run) return;
      side.error.value = null;
      if (index) side.index.value = index;
    } catch (error) {
      if (!(error instanceof ApiError) || error.passing) throw error;
      if (side.run.peek() === run) side.error.value = error;
    }
  }

  #openRun(side: Side, run: string | null): void {
    untracked(() => {
      side.error.value = null;
      const { runs } = this.#store;
      if (run === null && side.name === "A" && runs.value.kind === "ready") {
        // The browser's Back button may lead to an address that names no run.
        side.run.value = defaultRun(runs.value.runs);
        return;
      }
      if (side.index.peek()?.name === run) return;
      side.index.value = null;
      side.statistics.value = null;
      side.curve.value = null;
      if (run !== null) this.#checkIndex(side).catch((error: unknown) => this.#failed(error));
    });
  }

  #loadTables(side: Side, index: RunIndex | null): void {
    if (!index?.series.some((series) => series.kind === "layer_table")) return;
    this.#client
      .statistics(index.name, index.rev)
      .load()
      .then(
        (table) => {
          if (side.index.peek()?.rev === index.rev) side.statistics.value = table;
        },
        () => undefined, // The next revision asks again; the tree shows no health meanwhile.
      );
  }

  #loadCurve(side: Side, index: RunIndex | null, chosen: string | null): void {
    const tags = index?.scalars ?? [];
    const tag = chosen !== null && tags.includes(chosen) ? chosen : defaultTag(tags);
    if (!index || tag === null) {
      side.curve.value = null;
      return;
    }
    this.#client
      .scalar(index.name, tag, index.rev)
      .load()
      .then(
        (curve) => {
          if (side.index.peek()?.rev === index.rev) side.curve.value = curve;
        },
        () => undefined,
      );
  }
}
