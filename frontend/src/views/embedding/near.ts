/** Nearest images of the one chosen: asked for ahead while the pointer rests on an image, kept, never shown late. */

import { signal } from "@preact/signals";
import { useEffect, useState } from "preact/hooks";
import type { Client } from "../../api/client";
import type { NeighboursAnswer } from "../../api/contract";
import type { Held, Nearness } from "../../api/layouts";
import { hovered } from "./choice";
import type { Thumbs } from "./thumbs";
import type { Scene } from "./use_scene";

/** The nearest by features, drawn on the map too. */
export const near = signal<readonly number[]>([]);

/** By what features are near. */
export const metric = signal<"cosine" | "l2">("cosine");

/** Neighbours that are shown. */
export const NEAR = 8;
const KEPT = 512;
/** The pointer rests on an image: it may be clicked. */
const REST_MS = 60;
/** The map and its first pictures go before. */
const WARM_MS = 700;

export interface Question {
  row: number;
  by: Nearness;
  k: number;
}

class Answers {
  readonly #known = new Map<string, NeighboursAnswer>();

  peek(held: Held, question: Question): NeighboursAnswer | undefined {
    return this.#known.get(nameOf(held, question));
  }

  async ask(client: Client, held: Held, question: Question, signal: AbortSignal): Promise<NeighboursAnswer> {
    const name = nameOf(held, question);
    const known = this.#known.get(name);
    if (known) return known;
    const answer = await client.layouts.neighbours(held, question, signal);
    this.#known.set(name, answer);
    const oldest = this.#known.keys().next().value;
    if (this.#known.size > KEPT && oldest !== undefined) this.#known.delete(oldest);
    return answer;
  }
}

const answers = new Answers();

function nameOf(held: Held, question: Question): string {
  return JSON.stringify([held, question.row, question.by, question.k]);
}

interface Found {
  value: NeighboursAnswer | null;
  error: Error | null;
  retry: () => void;
}

/** An answer that is kept is given at once. */
export function useNeighbours(client: Client, held: Held, question: Question): Found {
  const [attempt, setAttempt] = useState(0);
  const name = nameOf(held, question);
  const [failed, setFailed] = useState<{ name: string; error: Error } | null>(null);
  const [, setLanded] = useState("");
  const known = answers.peek(held, question) ?? null;
  const isMissing = known === null;
  useEffect(() => {
    if (!isMissing) return;
    const controller = new AbortController();
    setFailed(null);
    answers.ask(client, held, question, controller.signal).then(
      () => setLanded(name),
      (error: unknown) => {
        if (controller.signal.aborted) return;
        setFailed({ name, error: error instanceof Error ? error : new Error(String(error)) });
      },
    );
    return () => controller.abort();
  }, [name, attempt, isMissing]);
  return {
    value: known,
    error: known === null && failed?.name === name ? failed.error : null,
    retry: () => setAttempt(attempt + 1),
  };
}

/** Ask for the neighbours of an image that the pointer rests on; once, let the server get ready for questions. */
export function useNearAhead(client: Client, scene: Scene, thumbs: Thumbs): void {
  const { held, identity, subjects } = scene;
  const hasPixels = subjects.dataset !== null;
  useEffect(() => {
    const ask = async (row: number, signal: AbortSignal): Promise<void> => {
      const first = await answers.ask(client, held, { row, by: metric.peek(), k: NEAR }, signal);
      thumbs.wantAlso(first.rows);
      if (!hasPixels) return;
      const second = await answers.ask(client, held, { row, by: "pixels", k: NEAR }, signal);
      thumbs.wantAlso(second.rows);
    };
    return resting((row, signal) => {
      // What fails is told when it is asked for in earnest.
      ask(row, signal).catch(() => undefined);
    });
  }, [JSON.stringify(held), hasPixels, thumbs]);
  useEffect(() => {
    const controller = new AbortController();
    const warm = async (): Promise<void> => {
      for (const by of hasPixels ? ([metric.peek(), "pixels"] as const) : [metric.peek()])
        await answers.ask(client, held, { row: 0, by, k: NEAR }, controller.signal);
    };
    const timer = setTimeout(() => void warm().catch(() => undefined), WARM_MS);
    return () => {
      clearTimeout(timer);
      controller.abort();
    };
  }, [identity]);
}

/** Call with each image that the pointer rests on; the signal ends when it leaves. Returns what ends it. */
function resting(call: (row: number, signal: AbortSignal) => void): () => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let controller = new AbortController();
  const stop = hovered.subscribe((row) => {
    clearTimeout(timer);
    controller.abort();
    controller = new AbortController();
    const { signal } = controller;
    if (row !== null) timer = setTimeout(() => call(row, signal), REST_MS);
  });
  return () => {
    stop();
    clearTimeout(timer);
    controller.abort();
  };
}
