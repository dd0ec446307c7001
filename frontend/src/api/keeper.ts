/** One panel's request line: one fetch at a time, the newest wish next, and never an answer older than the one shown. */

import type { Ask } from "./client";

export interface Shown<T> {
  value: T | undefined;
  /** Address that `value` answers. */
  address: string | undefined;
  /** Why the address wanted last could not be had. */
  error: Error | undefined;
}

const NOTHING = { value: undefined, address: undefined, error: undefined };

/**
 * While a fetch is under way further wishes only replace each other; so scrubbing asks for as many steps as the
 * server can answer and no more. An answer that comes after the panel has moved on is shown only while nothing
 * newer is there (the eye then follows the hand); a cached newer answer makes it stale and it is dropped.
 */
export class Keeper<T> {
  shown: Shown<T> = NOTHING;
  #wanted: Ask<T> | null = null;
  #identity = "";
  #flight: { address: string; controller: AbortController } | null = null;
  readonly #changed: () => void;

  constructor(changed: () => void) {
    this.#changed = changed;
  }

  /**
   * Ask for something else; null asks for nothing. `identity` names what the picture is of, without the step:
   * when it changes, the old answer goes at once (another layer's maps are no earlier state of these).
   */
  want(ask: Ask<T> | null, identity: string): void {
    if (identity !== this.#identity || ask === null) {
      this.#identity = identity;
      this.#abort();
      this.#show(NOTHING);
    }
    if (ask?.address === this.#wanted?.address && ask !== null) return;
    this.#wanted = ask;
    this.#pump();
  }

  retry(): void {
    this.#show({ ...this.shown, error: undefined });
    this.#pump();
  }

  /** The panel has gone. */
  close(): void {
    this.#wanted = null;
    this.#abort();
  }

  get wanted(): string | undefined {
    return this.#wanted?.address;
  }

  #abort(): void {
    this.#flight?.controller.abort();
    this.#flight = null;
  }

  #show(shown: Shown<T>): void {
    if (shown === this.shown) return;
    this.shown = shown;
    this.#changed();
  }

  #pump(): void {
    const ask = this.#wanted;
    if (!ask) return;
    const cached = ask.peek();
    if (cached !== undefined) {
      this.#show({ value: cached, address: ask.address, error: undefined });
      return;
    }
    if (!this.#flight) this.#fly(ask);
  }

  #fly(ask: Ask<T>): void {
    const controller = new AbortController();
    const flight = { address: ask.address, controller };
    this.#flight = flight;
    const land = (answer: Shown<T>): void => {
      if (this.#flight !== flight) return;
      this.#flight = null;
      const isWanted = this.#wanted?.address === ask.address;
      const isNews = this.shown.address !== this.#wanted?.address;
      if (isWanted || (isNews && !answer.error)) this.#show(answer);
      if (!isWanted) this.#pump();
    };
    ask.load({ signal: controller.signal }).then(
      (value) => land({ value, address: ask.address, error: undefined }),
      (error: unknown) =>
        land({ ...this.shown, error: error instanceof Error ? error : new Error(String(error)) }),
    );
  }
}
