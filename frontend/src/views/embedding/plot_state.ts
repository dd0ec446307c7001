/** A plot between renders: what is drawn, from where, and how finely. */

import { signal } from "@preact/signals";
import { type Camera, cameraOn, type Places, panned, zoomed } from "../../draw/scatter_camera";
import { nextPoint, pointAt, rowsInSight } from "../../draw/scatter_choice";
import type { Inks, ScatterPainter } from "../../draw/scatter_painter";
import { type Points, shuffled } from "../../draw/scatter_points";
import type { Store, Theme } from "../../state/store";
import { choose, type Way } from "./choice";
import { packedCss } from "./colours";
import { Detail } from "./detail";
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
  /** How many images there are. */
  readonly count: number;
  /** Choose all images in sight that are not dimmed. */
  chooseInSight: (way: Way) => void;
}

/** The plot that was pointed at last; at first the one of A. */
export const handle: { current: PlotHandle | null } = { current: null };

/** Where the pointer is in a plot, CSS pixels. */
export interface Spot {
  left: number;
  top: number;
}

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

const CLOSER = 2;

export class PlotState implements PlotHandle {
  store!: Store;
  scene!: Scene;
  thumbs!: Thumbs;
  painter: ScatterPainter | null = null;
  /** Says how often it was painted, and with how many pictures. */
  room: HTMLElement | null = null;
  size: { width: number; height: number } | null = null;
  points!: Points;
  /** null: all points are in sight. */
  readonly looking = signal<Camera | null>(null);
  /** Where the pointer is; null while it is elsewhere. */
  readonly pointer = signal<Spot | null>(null);
  /** The line being drawn, in places. */
  readonly drawing = signal<readonly number[]>([]);
  /** Counts paintings: what lies over the canvas follows it. */
  readonly painting = signal(0);
  readonly morph = new Morph(() => this.#moved());
  readonly #detail = new Detail(() => this.request());
  #whole: Camera = { x: 0, y: 0, scale: 1 };
  #wholeOf: { places: Places; width: number; height: number } | null = null;
  #order: Uint32Array = new Uint32Array(0);
  #identity = "";
  #frame = 0;
  readonly #stop = this.looking.subscribe(() => this.#moved());

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
    if (isOther) this.looking.value = null;
    this.morph.lead(target, isOther);
  }

  /** Where the plot is looked at from, CSS pixels. */
  get camera(): Camera {
    return this.looking.peek() ?? this.#whole;
  }

  /** Names the places of the points: a lasso holds for these alone. */
  get map(): string {
    return `${this.#identity}|${this.scene.layout.facts.digest}`;
  }

  get count(): number {
    return this.scene.layout.count;
  }

  request(): void {
    if (this.#frame === 0) this.#frame = requestAnimationFrame(() => this.#paint());
  }

  #moved(): void {
    this.#detail.moved();
    this.request();
  }

  close(): void {
    this.#stop();
    this.#detail.close();
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
    this.#lookAtAll(shown, size);
    const began = performance.now();
    const share = this.#detail.share(began);
    const at = this.camera;
    const isNear = at.scale >= CLOSER * this.#whole.scale;
    const isGrid = scene.lay === "grid";
    const draw = this.store.scatterDraw.peek();
    const wished = painter.paint({
      ...{ points: this.points, size, camera: at, draw },
      ratio: share * (globalThis.devicePixelRatio || 1),
      inks: INKS[this.store.theme.peek()],
      thumb: this.#thumb,
      asInk: scene.subjects.isGrey,
      marked: scene.grouping.values !== null || scene.grouping.counts.length > 0,
      fewest: isGrid || isNear ? 1 : 2,
      least: isGrid ? 1 : 0,
    });
    this.#detail.painted(share, performance.now() - began);
    if (draw === "images") this.thumbs.want(wished);
    this.painting.value = this.painting.peek() + 1;
    if (!this.room) return;
    this.room.dataset.paintings = String(this.painting.peek());
    this.room.dataset.pictures = String(painter.painted.length);
  }

  /** The camera on all points, found anew where they or the room have changed. */
  #lookAtAll(places: Places, { width, height }: { width: number; height: number }): void {
    const of = this.#wholeOf;
    const isKnown = of?.places === places && of.width === width && of.height === height;
    if (isKnown && !this.morph.isMoving) return;
    this.#whole = cameraOn(places, { width, height });
    this.#wholeOf = { places, width, height };
  }

  readonly #thumb = (row: number) => this.thumbs.get(row);

  zoom(factor: number, at?: Spot): void {
    if (!this.size) return;
    const middle = { left: this.size.width / 2, top: this.size.height / 2 };
    this.looking.value = zoomed(this.camera, this.size, at ?? middle, factor, this.#whole);
  }

  pan(right: number, down: number): void {
    this.looking.value = panned(this.camera, right, down);
  }

  fit(): void {
    this.looking.value = null;
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

  chooseInSight(way: Way): void {
    if (this.size) choose(rowsInSight(this.points, this.size, this.camera), way);
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
}

export function spotOf(event: PointerEvent | WheelEvent): Spot {
  const rect = (event.currentTarget as Element).getBoundingClientRect();
  return { left: event.clientX - rect.left, top: event.clientY - rect.top };
}
