/** How finely a map is painted: at half its resolution while it moves, where a whole painting takes too long. */

/** A painting that takes longer would hold the hand up, ms. */
const SLOW_MS = 33;
/** Nothing has moved for so long: it rests. */
const REST_MS = 140;

export class Detail {
  #isSlow = false;
  #movedAt = Number.NEGATIVE_INFINITY;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #again: () => void;

  /** @param again paints once more, when what was painted coarsely rests. */
  constructor(again: () => void) {
    this.#again = again;
  }

  /** Be told that the map is being moved. */
  moved(now = performance.now()): void {
    this.#movedAt = now;
  }

  /** 1, or less for a coarse painting. */
  share(now = performance.now()): number {
    return this.#isSlow && now - this.#movedAt < REST_MS ? 0.5 : 1;
  }

  /** Be told how long a painting took. */
  painted(share: number, took: number): void {
    clearTimeout(this.#timer);
    if (share < 1) this.#timer = setTimeout(this.#again, REST_MS);
    else this.#isSlow = took > SLOW_MS;
  }

  close(): void {
    clearTimeout(this.#timer);
  }
}
