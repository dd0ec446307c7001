/** The hand on a plot: drags move it or draw a lasso, a click chooses an image. */

import { toPlace } from "../../draw/scatter_camera";
import { inside } from "../../draw/scatter_choice";
import { choose, chooseRows, chosen, hovered, tool, type Way } from "./choice";
import { handle, type PlotState, type Spot, spotOf } from "./plot_state";

const CLICK_PX = 4;
const LINE_PX = 3;

interface Drag {
  kind: "pan" | "lasso";
  way: Way;
  from: Spot;
  last: Spot;
  hasMoved: boolean;
  line: number[];
}

export class Hand {
  readonly #plot: PlotState;
  #drag: Drag | null = null;

  constructor(plot: PlotState) {
    this.#plot = plot;
  }

  down(event: PointerEvent): void {
    if (event.button !== 0 || !this.#plot.size) return;
    handle.current = this.#plot;
    const spot = spotOf(event);
    (event.currentTarget as Element).setPointerCapture(event.pointerId);
    const way = wayOf(event);
    const kind = way !== "anew" || tool.peek() === "lasso" ? "lasso" : "pan";
    this.#drag = { kind, way, from: spot, last: spot, hasMoved: false, line: [] };
    this.#draw(spot);
  }

  move(event: PointerEvent): void {
    const plot = this.#plot;
    const spot = spotOf(event);
    const drag = this.#drag;
    if (!drag) {
      handle.current = plot;
      plot.pointer.value = spot;
      hovered.value = plot.imageAt(spot);
      return;
    }
    if (Math.hypot(spot.left - drag.from.left, spot.top - drag.from.top) >= CLICK_PX) drag.hasMoved = true;
    if (!drag.hasMoved) return;
    hovered.value = null;
    if (drag.kind === "pan") {
      plot.pan(spot.left - drag.last.left, spot.top - drag.last.top);
      drag.last = spot;
    } else if (Math.hypot(spot.left - drag.last.left, spot.top - drag.last.top) >= LINE_PX) {
      this.#draw(spot);
      drag.last = spot;
    }
  }

  #draw(spot: Spot): void {
    const { size, camera, drawing } = this.#plot;
    if (this.#drag?.kind !== "lasso" || !size) return;
    this.#drag.line.push(...toPlace(camera, size, spot.left, spot.top));
    drawing.value = [...this.#drag.line];
  }

  up(event: PointerEvent): void {
    const plot = this.#plot;
    const drag = this.#drag;
    this.cancel();
    if (!drag) return;
    if (drag.hasMoved) {
      if (drag.kind === "lasso")
        choose(inside(plot.points, drag.line), drag.way, { map: plot.map, line: drag.line });
      return;
    }
    const row = plot.imageAt(spotOf(event));
    if (drag.way === "anew") {
      plot.store.point.value = row;
      // Where the column is a drawer, a click asks for it.
      plot.store.drawer.value = row === null ? null : "inspector";
    } else if (row !== null) chooseRows([row], plot.points.x.length, drag.way);
  }

  cancel(): void {
    this.#drag = null;
    this.#plot.drawing.value = [];
  }

  leave(): void {
    if (this.#drag) return;
    hovered.value = null;
    this.#plot.pointer.value = null;
  }
}

/** ⇧ adds, Alt takes away. */
function wayOf(event: PointerEvent): Way {
  if (event.altKey) return "take";
  return event.shiftKey ? "add" : "anew";
}

/** Choose an image, or take it back. */
export function toggleImage(row: number, count: number): void {
  chooseRows([row], count, chosen.value?.[row] ? "take" : "add");
}
