/** The job routes: what can be run, asking for it, and what came out; the list of jobs is kept by state/jobs. */

import type { Ask, Client } from "./client";
import * as decode from "./decode";
import { ApiError } from "./errors";
import type {
  CatalogueAnswer,
  Images,
  InputAsk,
  JobAnswer,
  JobAsk,
  JobsAnswer,
  Maps,
  ResultAnswer,
  SessionAnswer,
  Tensors,
} from "./types";

/** A request: what is left out takes the server's default. */
export interface Draft extends Partial<Omit<JobAsk, "inputs">> {
  run: string;
  method: string;
  /** Pictures of this computer (`data`, base64), or an earlier job's result (`job`, `image`). */
  inputs?: Partial<InputAsk>[];
}

/** One record of one job's result; the digest (of the result) makes the answer cacheable for ever. */
export interface ResultAddress {
  key: string;
  digest: string;
}

export interface ResultMaps extends ResultAddress {
  array: string;
  image?: number | undefined;
  channel?: number | undefined;
  exact?: boolean | undefined;
}

export class JobsApi {
  readonly #client: Client;
  #session: Promise<SessionAnswer> | null = null;

  constructor(client: Client) {
    this.#client = client;
  }

  /** Whether jobs can be asked for; asked anew each time, and the token remembered. */
  session(signal?: AbortSignal): Promise<SessionAnswer> {
    const session = this.#client.json<SessionAnswer>("session", {}, signal);
    this.#session = session;
    session.catch(() => {
      if (this.#session === session) this.#session = null;
    });
    return session;
  }

  /** What can be run; `state` is "loading" the first time: ask again in half a second. */
  catalogue(signal?: AbortSignal): Promise<CatalogueAnswer> {
    return this.#client.json<CatalogueAnswer>("catalogue", {}, signal);
  }

  list(since?: string, signal?: AbortSignal): Promise<JobsAnswer> {
    return this.#client.json<JobsAnswer>("jobs", { since }, signal);
  }

  job(id: string, signal?: AbortSignal): Promise<JobAnswer> {
    return this.#client.json<JobAnswer>(`jobs/${id}`, {}, signal);
  }

  /** Ask for a job. The same request gives the job that is there, `existing` says so. */
  submit(draft: Draft): Promise<JobAnswer> {
    return this.#post<JobAnswer>("jobs", draft);
  }

  cancel(id: string): Promise<JobAnswer> {
    return this.#post<JobAnswer>(`jobs/${id}/cancel`, {});
  }

  /** Let a waiting job stand before another one; null for the end of the queue. */
  move(id: string, before: string | null): Promise<JobAnswer> {
    return this.#post<JobAnswer>(`jobs/${id}/move`, { before });
  }

  /** Delete an ended job with its result. */
  async remove(id: string): Promise<void> {
    await this.#post(`jobs/${id}/remove`, {});
  }

  result(id: string, signal?: AbortSignal): Promise<ResultAnswer> {
    return this.#client.json<ResultAnswer>(`jobs/${id}/result`, {}, signal);
  }

  images(id: string, address: ResultAddress): Ask<Images> {
    return this.#client.ask(`jobs/${id}/images`, { ...address }, decode.images);
  }

  maps(id: string, args: ResultMaps): Ask<Maps> {
    return this.#client.ask(`jobs/${id}/maps`, { ...args, exact: args.exact ? 1 : undefined }, decode.maps);
  }

  /** All arrays of one record, exact. */
  arrays(id: string, address: ResultAddress): Ask<Tensors> {
    return this.#client.ask(`jobs/${id}/arrays`, { ...address }, (raw) => raw);
  }

  /** Address of the picture as it is now, for an `<img>`; `digest` is the status's `preview`. */
  previewUrl(id: string, digest: string): string {
    return this.#client.address(`jobs/${id}/preview`, { digest });
  }

  /** Address of the request's own picture number `index`. */
  inputUrl(id: string, index: number): string {
    return this.#client.address(`jobs/${id}/input`, { index });
  }

  log(id: string, signal?: AbortSignal): Promise<string> {
    return this.#client.text(`jobs/${id}/log`, signal);
  }

  /** A server that was started again has another token: ask for it once. */
  async #post<T>(route: string, body: unknown): Promise<T> {
    const known = this.#session !== null;
    try {
      return await this.#client.post<T>(route, body, await this.#token());
    } catch (error) {
      if (!known || !(error instanceof ApiError) || error.status !== 403) throw error;
      this.#session = null;
      return this.#client.post<T>(route, body, await this.#token());
    }
  }

  async #token(): Promise<string> {
    const { token, reason } = await (this.#session ?? this.session());
    if (token === null) throw new ApiError(reason || "jobs are off", "off", 403);
    return token;
  }
}
