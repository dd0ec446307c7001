/** Points on their way from one map to the next of the same images. */

import { between, type Places } from "../../draw/scatter_camera";

const MORPH_MS = 300;

export class Morph {
  /** Where the points are now. */
  shown: Places = { x: new Float32Array(0), y: new Float32Array(0) };
  #target: Places = this.shown;
  #frame = 0;
  readonly #moved: () => void;

  constructor(moved: () => void) {
    this.#moved = moved;
  }

  /** Go to a map: at once, or every point on a straight line. */
  lead(target: Places, atOnce: boolean): void {
    this.stop();
    const isSame = target.x.length === this.shown.x.length;
    this.#target = target;
    if (atOnce || !isSame || prefersStillness()) {
      this.shown = target;
      this.#moved();
      return;
    }
    const from = { x: this.shown.x.slice(), y: this.shown.y.slice() };
    const out = { x: this.shown.x.slice(), y: this.shown.y.slice() };
    const began = performance.now();
    const go = (now: number): void => {
      const share = Math.min(1, Math.max(0, (now - began) / MORPH_MS));
      this.shown = share < 1 ? between(from, target, eased(share), out) : target;
      this.#moved();
      this.#frame = share < 1 ? requestAnimationFrame(go) : 0;
    };
    this.#frame = requestAnimationFrame(go);
  }

  /** Whether points are still on their way. */
  get isMoving(): boolean {
    return this.#frame !== 0;
  }

  /** Be there at once. */
  stop(): void {
    cancelAnimationFrame(this.#frame);
    if (this.#frame !== 0) this.shown = this.#target;
    this.#frame = 0;
  }
}

function eased(share: number): number {
  return share * share * (3 - 2 * share);
}

function prefersStillness(): boolean {
  return globalThis.matchMedia?.("(prefers-reduced-motion: reduce)").matches ?? false;
}
