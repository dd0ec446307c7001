/** Decoded answers kept by address, the least recently used dropped first beyond a bound in bytes. */
export class AnswerCache<T> {
  readonly #entries = new Map<string, { value: T; bytes: number }>();
  readonly #limit: number;
  #bytes = 0;

  constructor(limitBytes: number) {
    this.#limit = limitBytes;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** The answer, which becomes the most recently used one. */
  get(address: string): T | undefined {
    const entry = this.#entries.get(address);
    if (!entry) return undefined;
    this.#entries.delete(address);
    this.#entries.set(address, entry);
    return entry.value;
  }

  /** An answer larger than the whole bound is not kept. */
  set(address: string, value: T, bytes: number): void {
    this.delete(address);
    if (bytes > this.#limit) return;
    this.#entries.set(address, { value, bytes });
    this.#bytes += bytes;
    for (const oldest of this.#entries.keys()) {
      if (this.#bytes <= this.#limit) break;
      this.delete(oldest);
    }
  }

  delete(address: string): void {
    const entry = this.#entries.get(address);
    if (!entry) return;
    this.#entries.delete(address);
    this.#bytes -= entry.bytes;
  }
}
