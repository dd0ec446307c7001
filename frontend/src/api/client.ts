/** The only place that fetches: typed calls of the routes, cached, de-duplicated, abortable. */

import { AnswerCache } from "./cache";
import * as decode from "./decode";
import { ApiError } from "./errors";
import { JobsApi } from "./jobs";
import { LayoutsApi } from "./layouts";
import { decodeSafetensors } from "./safetensors";
import type {
  Channels,
  Examples,
  Maps,
  RecordAnswer,
  RunAnswer,
  RunsAnswer,
  ScalarCurve,
  Scores,
  Statistics,
  Strip,
  Tensors,
} from "./types";

export { ApiError } from "./errors";

const CACHE_BYTES = 192 * 2 ** 20;

/** Names one record at one step exactly; the digest makes the answer cacheable for ever. */
export interface RecordAddress {
  run: string;
  step: number;
  key: string;
  digest: string;
}

export interface MapsArguments extends RecordAddress {
  array: string;
  /** Example; left out for kernels. */
  image?: number | undefined;
  /** One channel (filter) instead of all. */
  channel?: number | undefined;
  exact?: boolean | undefined;
}

export interface StripArguments {
  run: string;
  key: string;
  array: string;
  rev: string;
  image?: number | undefined;
  /** Left out for heatmaps. */
  channel?: number | undefined;
  /** Of kernels; left out for all slices. */
  slice?: number | undefined;
  steps: readonly number[];
}

export interface AskOptions {
  signal?: AbortSignal | undefined;
  /** Of no hurry: fetched behind what is shown. */
  ahead?: boolean | undefined;
}

export type Query = Record<string, string | number | boolean | undefined>;

interface Flight {
  promise: Promise<Tensors>;
  controller: AbortController;
  waiting: number;
}

/** A request that knows its address, so that a caller can look into the cache before asking. */
export interface Ask<T> {
  readonly address: string;
  /** The cached answer, at once. */
  peek(): T | undefined;
  load(options?: AskOptions): Promise<T>;
}

export class Client {
  readonly #base: string;
  readonly #cache: AnswerCache<Tensors>;
  readonly #flights = new Map<string, Flight>();
  /** What is asked for outside training. */
  readonly jobs = new JobsApi(this);
  /** What methods found in whole data sets. */
  readonly layouts = new LayoutsApi(this);
  /** Decoded form by raw answer: dropped together with it. */
  readonly #decoded = new WeakMap<Tensors, unknown>();

  constructor(base: string = document.baseURI, cacheBytes: number = CACHE_BYTES) {
    this.#base = base;
    this.#cache = new AnswerCache(cacheBytes);
  }

  runs(since?: string, signal?: AbortSignal): Promise<RunsAnswer> {
    return this.json<RunsAnswer>("runs", { since }, signal);
  }

  run(run: string, since?: string, signal?: AbortSignal): Promise<RunAnswer> {
    return this.json<RunAnswer>("run", { run, since }, signal);
  }

  record(address: RecordAddress, signal?: AbortSignal): Promise<RecordAnswer> {
    return this.json<RecordAnswer>("record", { ...address }, signal);
  }

  maps(args: MapsArguments): Ask<Maps> {
    return this.ask("maps", { ...args, exact: args.exact ? 1 : undefined }, decode.maps);
  }

  strip(args: StripArguments): Ask<Strip> {
    return this.ask("strip", { ...args, steps: args.steps.join(",") }, decode.strip);
  }

  statistics(run: string, rev: string): Ask<Statistics> {
    return this.ask("statistics", { run, rev }, decode.statistics);
  }

  channels(run: string, layer: string, rev: string): Ask<Channels> {
    return this.ask("channels", { run, layer, rev }, decode.channels);
  }

  scores(run: string, rev: string): Ask<Scores> {
    return this.ask("scores", { run, rev }, decode.scores);
  }

  examples(run: string, digest: string): Ask<Examples> {
    return this.ask("examples", { run, digest }, decode.examples);
  }

  scalar(run: string, tag: string, rev: string): Ask<ScalarCurve> {
    return this.ask("scalar", { run, tag, rev }, decode.scalar);
  }

  /** A route that answers with tensors. */
  ask<T>(route: string, query: Query, decoder: (raw: Tensors) => T): Ask<T> {
    const address = this.address(route, query);
    const finish = (raw: Tensors): T => {
      let value = this.#decoded.get(raw) as T | undefined;
      if (value === undefined) {
        value = decoder(raw);
        this.#decoded.set(raw, value);
      }
      return value;
    };
    return {
      address,
      peek: () => {
        const raw = this.#cache.get(address);
        return raw && finish(raw);
      },
      load: async (options = {}) => finish(await this.#load(address, options)),
    };
  }

  address(route: string, query: Query): string {
    const url = new URL(route, this.#base);
    for (const [name, value] of Object.entries(query))
      if (value !== undefined) url.searchParams.set(name, String(value));
    return url.href;
  }

  /** One fetch an address, however many wait for it; it is aborted when the last of them gives up. */
  async #load(address: string, options: AskOptions): Promise<Tensors> {
    const cached = this.#cache.get(address);
    if (cached) return cached;
    let flight = this.#flights.get(address);
    if (!flight) {
      const controller = new AbortController();
      const promise = this.#fetchTensors(address, controller.signal, options.ahead ?? false);
      flight = { promise, controller, waiting: 0 };
      this.#flights.set(address, flight);
      const landed = () => {
        if (this.#flights.get(address)?.promise === promise) this.#flights.delete(address);
      };
      promise.then(landed, landed);
    }
    return this.#wait(address, flight, options.signal);
  }

  #wait(address: string, flight: Flight, signal: AbortSignal | undefined): Promise<Tensors> {
    flight.waiting++;
    if (!signal) return flight.promise;
    return new Promise((resolve, reject) => {
      const leave = () => {
        flight.waiting--;
        if (flight.waiting === 0) {
          this.#flights.delete(address);
          flight.controller.abort();
        }
        reject(signal.reason);
      };
      if (signal.aborted) return leave();
      signal.addEventListener("abort", leave, { once: true });
      flight.promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", leave));
    });
  }

  async #fetchTensors(address: string, signal: AbortSignal, ahead: boolean): Promise<Tensors> {
    const response = await ask(address, signal, ahead ? "low" : "high");
    const raw = decodeSafetensors(await response.arrayBuffer());
    this.#cache.set(address, raw, raw.bytes);
    return raw;
  }

  async json<T>(route: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
    const response = await ask(this.address(route, query), signal, "high");
    return (await response.json()) as T;
  }

  async text(route: string, signal?: AbortSignal): Promise<string> {
    return (await ask(this.address(route, {}), signal, "low")).text();
  }

  /** Ask for a change; `token` shows that this page, and no other site, asks. */
  async post<T>(route: string, body: unknown, token: string): Promise<T> {
    const headers = { "Content-Type": "application/json", "X-Cnnviz-Token": token };
    const init = { method: "POST", headers, body: JSON.stringify(body) };
    const response = await ask(this.address(route, {}), undefined, "high", init);
    return (await response.json()) as T;
  }
}

async function ask(
  address: string,
  signal: AbortSignal | undefined,
  priority: RequestPriority,
  init: RequestInit = {},
): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(address, { ...init, priority, ...(signal ? { signal } : {}) });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new ApiError("TensorBoard does not answer", "network", 0);
  }
  if (response.ok) return response;
  throw await refusal(response);
}

async function refusal(response: Response): Promise<ApiError> {
  const body = (await response.json().catch(() => null)) as {
    error?: { kind?: string; message?: string; field?: string };
  } | null;
  const error = body?.error;
  const message = error?.message ?? `TensorBoard answered ${response.status} ${response.statusText}`;
  return new ApiError(message, error?.kind ?? "http", response.status, error?.field);
}
