/** Keeps the list of jobs up to date while the page is shown, and does what its buttons ask. */

import { effect, untracked } from "@preact/signals";
import { ApiError, type Client } from "../api/client";
import type { Draft } from "../api/jobs";
import type { JobAnswer, JobsAnswer, JobView } from "../api/types";
import { groupOf, type JobsState, merged, withJob, withoutJob } from "./job_list";
import type { Store } from "./store";

/** Between two polls: just after a button was pressed, while something is under way, and else. */
export const HURRY_MS = 200;
export const BUSY_MS = 500;
export const IDLE_MS = 4000;
const CATALOGUE_MS = 500;
const HURRIED_FOR_MS = 2000;
const DROP_TRIES = 20;

const keepers = new WeakMap<Store, JobsKeeper>();

export class JobsKeeper {
  readonly #store: Store;
  readonly #client: Client;
  #undo: (() => void) | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #rev: string | undefined;
  #isPolling = false;
  #pollAgain = false;
  #hurriedUntil = 0;

  constructor(store: Store, client: Client) {
    this.#store = store;
    this.#client = client;
    keepers.set(store, this);
  }

  /** Begin; `stop` ends every timer and subscription. */
  start(): void {
    this.#undo = effect(() => {
      if (this.#store.awake.value) untracked(() => void this.check());
      else clearTimeout(this.#timer);
    });
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#undo?.();
    this.#undo = null;
  }

  /** Something was asked for: its first picture shall not wait for the next poll. */
  hurry(): void {
    this.#hurriedUntil = Date.now() + HURRIED_FOR_MS;
    void this.check();
  }

  /** Ask for news now, and again soon while the page is shown; a poll under way is followed by another. */
  async check(): Promise<void> {
    clearTimeout(this.#timer);
    if (this.#isPolling) {
      this.#pollAgain = true;
      return;
    }
    this.#isPolling = true;
    try {
      const session = this.#store.session.peek();
      // Asked again after a silence: it may be another server, with another token.
      if (session === null || this.#store.jobs.peek().state === "reconnecting")
        this.#store.session.value = await this.#client.jobs.session();
      await this.#poll();
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#isPolling = false;
      if (this.#store.awake.peek() && this.#undo) {
        this.#timer = setTimeout(() => void this.check(), this.#pollAgain ? 0 : this.#pause());
        this.#pollAgain = false;
      }
    }
  }

  async #poll(): Promise<void> {
    const answer = await this.#client.jobs.list(this.#rev);
    // A button was answered meanwhile: this may be older than what it did.
    if (this.#pollAgain) return;
    this.#rev = answer.rev;
    const session = this.#store.session.peek();
    const list = merged(this.#store.jobs.peek(), withoutPassing(answer));
    const state: JobsState = session?.jobs === false ? "off" : "live";
    const before = this.#store.jobs.peek();
    const isNews = answer.jobs.length > 0 || list.order.join() !== before.order.join();
    if (isNews || before.state !== state)
      this.#store.jobs.value = { ...list, state, reason: session?.reason ?? "" };
  }

  #failed(error: unknown): void {
    // What is shown stays: a server that does not answer has not lost its jobs.
    const isOff = error instanceof ApiError && !error.passing;
    const state: JobsState = isOff ? "off" : "reconnecting";
    const reason = isOff ? error.message : "";
    this.#rev = undefined;
    const before = this.#store.jobs.peek();
    if (before.state !== state || before.reason !== reason)
      this.#store.jobs.value = { ...before, state, reason };
  }

  #pause(): number {
    const jobs = this.#store.jobs.peek();
    const isBusy = [...jobs.byId.values()].some((job) => groupOf(job) !== "ended");
    if (!isBusy || jobs.state !== "live") return IDLE_MS;
    return Date.now() < this.#hurriedUntil ? HURRY_MS : BUSY_MS;
  }
}

/** Jobs that a panel asks for while a hand moves and removes again: they are in no list. */
const passing = new Set<string>();

function withoutPassing(answer: JobsAnswer): JobsAnswer {
  if (passing.size === 0) return answer;
  const stays = (id: string) => !passing.has(id);
  const jobs = answer.jobs.filter((job) => stays(job.request.id));
  return { ...answer, order: answer.order.filter(stays), jobs };
}

/** Ask for a job that is in no list until it is kept; one that was there before is listed as it was. */
export async function submitPassing(client: Client, draft: Draft): Promise<JobAnswer> {
  const answer = await client.jobs.submit(draft);
  if (!answer.existing) passing.add(answer.job.request.id);
  return answer;
}

export function isPassing(id: string): boolean {
  return passing.has(id);
}

/** Have a passing job in the list for good. */
export function keepPassing(store: Store, job: JobView): void {
  if (passing.delete(job.request.id)) store.jobs.value = withJob(store.jobs.peek(), job);
}

/** Take a passing job back, whatever it does now; one that is kept stays. */
export async function dropPassing(client: Client, id: string): Promise<void> {
  if (!passing.has(id)) return;
  // What has ended cannot be cancelled, and what is gone is gone.
  await client.jobs.cancel(id).catch(() => undefined);
  for (let tries = 0; tries < DROP_TRIES && passing.has(id); tries++) {
    const isGone = await client.jobs.remove(id).then(
      () => true,
      (error: unknown) => error instanceof ApiError && error.status === 404,
    );
    if (isGone) return;
    await new Promise((resolve) => setTimeout(resolve, BUSY_MS));
  }
}

/** Ask for news at once. */
function poke(store: Store): void {
  keepers.get(store)?.hurry();
}

/** Ask for a job; the list holds it at once. Throws ApiError, whose `field` names a parameter. */
export async function submit(store: Store, client: Client, draft: Draft): Promise<JobAnswer> {
  const answer = await client.jobs.submit(draft);
  store.jobs.value = withJob(store.jobs.peek(), answer.job);
  poke(store);
  return answer;
}

export async function cancel(store: Store, client: Client, id: string): Promise<void> {
  const { job } = await client.jobs.cancel(id);
  store.jobs.value = withJob(store.jobs.peek(), job);
  poke(store);
}

export async function move(store: Store, client: Client, id: string, before: string | null): Promise<void> {
  await client.jobs.move(id, before);
  poke(store);
}

export async function remove(store: Store, client: Client, id: string): Promise<void> {
  await client.jobs.remove(id);
  store.jobs.value = withoutJob(store.jobs.peek(), id);
  if (store.job.peek() === id) store.job.value = null;
  poke(store);
}

const asking = new WeakSet<Store>();

/** Fetch the catalogue unless it is there or on its way; a worker may first have to import PyTorch. */
export async function ensureCatalogue(store: Store, client: Client): Promise<void> {
  if (asking.has(store) || store.catalogue.peek()?.state === "ready") return;
  asking.add(store);
  try {
    for (;;) {
      const answer = await client.jobs.catalogue();
      store.catalogue.value = answer;
      if (answer.state !== "loading") return;
      await new Promise((resolve) => setTimeout(resolve, CATALOGUE_MS));
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    store.catalogue.value = { state: "failed", reason, catalogue: null };
  } finally {
    asking.delete(store);
  }
}

/** Show a job's result in the jobs view. */
export function openJob(store: Store, id: string): void {
  store.job.value = id;
  store.view.value = "jobs";
}
