/** The plot between renders: what is drawn, from where, and the hand on it. */

import { signal } from "@preact/signals";
import { type Camera, cameraOn, type Places, panned, toPlace, zoomed } from "../../draw/scatter_camera";
import { inside, nextPoint, pointAt } from "../../draw/scatter_choice";
import type { Inks, ScatterPainter } from "../../draw/scatter_painter";
import { type Points, shuffled } from "../../draw/scatter_points";
import type { Store, Theme } from "../../state/store";
import { camera, choose, hovered, tool } from "./choice";
import { packedCss } from "./colours";
import { Morph } from "./morph";
import type { Thumbs } from "./thumbs";
import type { Scene } from "./use_scene";

/** What keys and buttons do with the plot on show. */
export interface PlotHandle {
  zoom: (factor: number) => void;
  pan: (right: number, down: number) => void;
  fit: () => void;
  /** Go from the chosen point to the next in a direction; without one to the point nearest the middle. */
  step: (right: number, up: number) => void;
}

export const handle: { current: PlotHandle | null } = { current: null };

/** Where the pointer is in the plot, CSS pixels. */
export interface Spot {
  left: number;
  top: number;
}

export const pointer = signal<Spot | null>(null);
/** The line being drawn, in places. */
export const drawing = signal<readonly number[]>([]);
/** Counts paintings: what lies over the canvas follows it. */
export const painting = signal(0);
const INKS: Record<Theme, Inks> = {
  light: {
    ground: packedCss("#ffffff"),
    dimmed: packedCss("#dfe2e6"),
    rim: packedCss("#1457c2"),
    ring: packedCss("#15181c"),
    chosen: packedCss("#e6eefb"),
  },
  dark: {
    ground: packedCss("#111316"),
    dimmed: packedCss("#2c3138"),
    rim: packedCss("#7db0ff"),
    ring: packedCss("#e8eaed"),
    chosen: packedCss("#1b2b45"),
  },
};

const CLICK_PX = 4;
const CLOSER = 2;
const LINE_PX = 3;

/** The plot between renders: what is drawn, the camera, and the hand on it. */
export class PlotState implements PlotHandle {
  store!: Store;
  scene!: Scene;
  thumbs!: Thumbs;
  painter: ScatterPainter | null = null;
  /** Says how often it was painted, and with how many pictures. */
  room: HTMLElement | null = null;
  size: { width: number; height: number } | null = null;
  points!: Points;
  readonly morph = new Morph(() => this.request());
  #whole: Camera = { x: 0, y: 0, scale: 1 };
  #order: Uint32Array = new Uint32Array(0);
  #identity = "";
  #frame = 0;
  #hand: { kind: "pan" | "lasso"; from: Spot; last: Spot; moved: boolean; line: number[] } | null = null;

  /** The order of drawing, the same for as long as there are as many points. */
  orderOf(count: number): Uint32Array {
    if (this.#order.length !== count) this.#order = shuffled(count);
    return this.#order;
  }

  /** Go to other places: at once for other images or another map, else every point on its way. */
  lead(target: Places, identity: string, isMeasured: boolean): void {
    if (!isMeasured) return;
    const isOther = identity !== this.#identity;
    this.#identity = identity;
    if (isOther) camera.value = null;
    this.morph.lead(target, isOther);
  }

  get whole(): Camera {
    return this.#whole;
  }

  /** Where the plot is looked at from, CSS pixels. */
  get camera(): Camera {
    return camera.peek() ?? this.#whole;
  }

  request(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#paint());
  }

  close(): void {
    cancelAnimationFrame(this.#frame);
    this.#frame = 0;
    this.morph.stop();
  }

  #paint(): void {
    this.#frame = 0;
    const { size, painter, scene } = this;
    if (!size || !painter || !this.store.awake.peek()) return;
    const { shown } = this.morph;
    if (shown.x.length !== this.points.states.length) return;
    this.points = { ...this.points, ...shown };
    this.#whole = cameraOn(shown, size);
    const at = this.camera;
    const isNear = at.scale >= CLOSER * this.#whole.scale;
    const isGrid = scene.lay === "grid";
    const wished = painter.paint({
      ...{ points: this.points, size, camera: at, ratio: globalThis.devicePixelRatio || 1 },
      draw: this.store.scatterDraw.peek(),
      inks: INKS[this.store.theme.peek()],
      thumb: this.#thumb,
      asInk: scene.subjects.isGrey,
      marked: scene.grouping.values !== null || scene.grouping.counts.length > 0,
      fewest: isGrid || isNear ? 1 : 2,
      least: isGrid ? 1 : 0,
    });
    if (this.store.scatterDraw.peek() === "images") this.thumbs.want(wished);
    painting.value = painting.peek() + 1;
    if (!this.room) return;
    this.room.dataset.paintings = String(painting.peek());
    this.room.dataset.pictures = String(painter.painted.length);
  }

  readonly #thumb = (row: number) => this.thumbs.get(row);

  zoom(factor: number, at?: Spot): void {
    if (!this.size) return;
    const middle = { left: this.size.width / 2, top: this.size.height / 2 };
    camera.value = zoomed(this.camera, this.size, at ?? middle, factor, this.#whole);
  }

  pan(right: number, down: number): void {
    camera.value = panned(this.camera, right, down);
  }

  fit(): void {
    camera.value = null;
  }

  step(right: number, up: number): void {
    if (!this.size) return;
    const { point } = this.store;
    const middle = { left: this.size.width / 2, top: this.size.height / 2 };
    const from = point.peek();
    const next =
      from === null || from >= this.points.x.length
        ? pointAt(this.points, this.size, this.camera, middle, this.size.width)
        : nextPoint(this.points, from, [right, up]);
    if (next !== null) point.value = next;
  }

  /** The image under a spot: its picture where there is one, else the nearest point. */
  imageAt(spot: Spot): number | null {
    const pictures = this.store.scatterDraw.peek() === "images" ? (this.painter?.painted ?? []) : [];
    const hit = pictures.find(
      ({ left, top, side }) =>
        spot.left >= left && spot.left < left + side && spot.top >= top && spot.top < top + side,
    );
    if (hit) return hit.row;
    return this.size && pointAt(this.points, this.size, this.camera, spot);
  }

  down(event: PointerEvent): void {
    if (event.button !== 0 || !this.size) return;
    const spot = spotOf(event);
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    const kind = event.shiftKey || tool.peek() === "lasso" ? "lasso" : "pan";
    this.#hand = { kind, from: spot, last: spot, moved: false, line: [] };
    this.#draw(spot);
  }

  move(event: PointerEvent): void {
    const spot = spotOf(event);
    const hand = this.#hand;
    if (!hand) {
      pointer.value = spot;
      hovered.value = this.imageAt(spot);
      return;
    }
    if (Math.hypot(spot.left - hand.from.left, spot.top - hand.from.top) >= CLICK_PX) hand.moved = true;
    if (!hand.moved) return;
    hovered.value = null;
    if (hand.kind === "pan") {
      this.pan(spot.left - hand.last.left, spot.top - hand.last.top);
      hand.last = spot;
    } else if (Math.hypot(spot.left - hand.last.left, spot.top - hand.last.top) >= LINE_PX) {
      this.#draw(spot);
      hand.last = spot;
    }
  }

  #draw(spot: Spot): void {
    const hand = this.#hand;
    if (hand?.kind !== "lasso" || !this.size) return;
    hand.line.push(...toPlace(this.camera, this.size, spot.left, spot.top));
    drawing.value = [...hand.line];
  }

  up(event: PointerEvent): void {
    const hand = this.#hand;
    this.cancel();
    if (!hand) return;
    if (!hand.moved) {
      this.store.point.value = this.imageAt(spotOf(event));
      return;
    }
    if (hand.kind === "lasso") choose(inside(this.points, hand.line), hand.line);
  }

  cancel(): void {
    this.#hand = null;
    drawing.value = [];
  }

  leave(): void {
    if (this.#hand) return;
    hovered.value = null;
    pointer.value = null;
  }
}

export function spotOf(event: PointerEvent | WheelEvent): Spot {
  const rect = (event.currentTarget as Element).getBoundingClientRect();
  return { left: event.clientX - rect.left, top: event.clientY - rect.top };
}
