/** A trained network applied while a hand moves: one job at a time, and the last finished picture with its own shares. */

import { type Signal, signal } from "@preact/signals";
import type { Client } from "../../api/client";
import type { Draft } from "../../api/jobs";
import type { JobView } from "../../api/types";
import { groupOf } from "../../state/job_list";
import { dropPassing, isPassing, keepPassing, submitPassing } from "../../state/jobs";
import type { Store } from "../../state/store";
import { type Gallery, loadGallery } from "./use_result";

/** A hand that has rested so long means what it shows. */
export const REST_MS = 150;
const POLL_MS = 50;

/** What is asked for: the request, and what it is called under its picture. */
export interface Wanted {
  draft: Draft;
  text: string;
}

/** A finished picture, with what was asked for then. */
export interface Applied {
  job: JobView;
  gallery: Gallery;
  text: string;
  /** From the hand's rest to the picture, seconds. */
  seconds: number;
  isKept: boolean;
}

export class Applier {
  /** The last finished picture; it stays until the next one is there. */
  readonly shown: Signal<Applied | null> = signal(null);
  /** What is under way; null while nothing is. */
  readonly doing: Signal<{ text: string; job: JobView | null } | null> = signal(null);
  readonly trouble: Signal<string> = signal("");
  readonly #store: Store;
  readonly #client: Client;
  #timer: ReturnType<typeof setTimeout> | undefined;
  /** Counts what was wanted: older turns come to nothing. */
  #turn = 0;
  readonly #asked = new Set<string>();

  constructor(store: Store, client: Client) {
    this.#store = store;
    this.#client = client;
  }

  /** Ask for a picture once the hand rests. */
  want(wanted: Wanted, rest: number = REST_MS): void {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    this.#timer = setTimeout(() => void this.#apply(wanted, turn), rest);
  }

  /** Have the picture shown in the list of jobs for good. */
  keep(): void {
    const shown = this.shown.peek();
    if (!shown) return;
    keepPassing(this.#store, shown.job);
    this.shown.value = { ...shown, isKept: true };
  }

  /** Nothing is wanted any more; what was not kept goes. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#turn++;
    for (const id of this.#asked) void dropPassing(this.#client, id);
  }

  async #apply(wanted: Wanted, turn: number): Promise<void> {
    const began = performance.now();
    this.trouble.value = "";
    this.doing.value = { text: wanted.text, job: null };
    try {
      const { job, existing } = await submitPassing(this.#client, wanted.draft);
      const { id } = job.request;
      if (!existing) this.#asked.add(id);
      const ended = await this.#ended(job, wanted, turn);
      const gallery = ended?.status.state === "done" ? await loadGallery(this.#client, ended) : undefined;
      if (turn !== this.#turn || !ended) return this.#drop(id);
      if (!gallery) throw new Error(ended.status.message || "the network gave no picture");
      const before = this.shown.peek()?.job.request.id;
      const seconds = (performance.now() - began) / 1000;
      this.shown.value = { job: ended, gallery, text: wanted.text, seconds, isKept: !isPassing(id) };
      if (before !== undefined && before !== id) this.#drop(before);
    } catch (error) {
      if (turn === this.#turn) this.trouble.value = error instanceof Error ? error.message : String(error);
    }
    if (turn === this.#turn) this.doing.value = null;
  }

  /** The job once it has ended; null when something else is wanted meanwhile. */
  async #ended(asked: JobView, { text }: Wanted, turn: number): Promise<JobView | null> {
    let job = asked;
    while (groupOf(job) !== "ended") {
      if (turn !== this.#turn) return null;
      this.doing.value = { text, job };
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      job = (await this.#client.jobs.job(asked.request.id)).job;
    }
    return job;
  }

  #drop(id: string): void {
    if (this.shown.peek()?.job.request.id === id) return;
    this.#asked.delete(id);
    void dropPassing(this.#client, id);
  }
}
