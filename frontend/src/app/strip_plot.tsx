/** The middle of the step strip: its marks, and the handles A and B that move over them. */

import { useComputed } from "@preact/signals";
import { type Axis, axisOver, nearest, positions } from "../state/axis";
import { lookAt, moveStep } from "../state/moves";
import { latestAtOrBefore } from "../state/steps";
import type { Side, Store } from "../state/store";
import { useSize } from "../ui/use_size";
import { Curves, Labels, Lanes, LEFT, type MarkProps } from "./strip_marks";

const RIGHT = 28;
const GRAB_PX = 12;

export function StripPlot({ store }: { store: Store }) {
  const [box, size] = useSize<HTMLDivElement>();
  const width = size?.width ?? 0;
  const axis = useComputed(() =>
    axisOver(
      store.sides.value.map((side) => side.index.value).filter((index) => index !== null),
      store.axis.value,
      store.scale.value,
    ),
  );
  const inner = Math.max(width - LEFT - RIGHT, 1);
  const drag = useDrag(store, axis.value, inner);
  return (
    <div class="mid" ref={box}>
      {axis.value && width > 0 ? (
        <>
          <svg class="strip-plot" aria-hidden="true" onPointerDown={drag.start}>
            <Curves store={store} axis={axis.value} inner={inner} />
            <Lanes store={store} axis={axis.value} inner={inner} />
            <Labels store={store} axis={axis.value} inner={inner} />
          </svg>
          {[...store.sides.value].reverse().map((side) => (
            <Handle
              key={side.name}
              side={side}
              axis={axis.value as Axis}
              inner={inner}
              store={store}
              drag={drag}
            />
          ))}
        </>
      ) : null}
    </div>
  );
}

/** Places of a side's captures on the axis, 0…1. */
function placesOf(store: Store, side: Side, axis: Axis): number[] {
  const index = side.index.value;
  return index ? positions(index, store.axis.value).map(axis.place) : [];
}

interface Drag {
  start: (event: PointerEvent) => void;
  grab: (side: Side, event: PointerEvent) => void;
}

/** Dragging moves the handle that was grabbed, else the nearer one comes: A, unless B lies under the pointer. */
function useDrag(store: Store, axis: Axis | null, inner: number): Drag {
  const follow = (side: Side, element: Element, event: PointerEvent): void => {
    if (!axis) return;
    const left = (element.closest(".mid") as Element).getBoundingClientRect().left + LEFT;
    const places = placesOf(store, side, axis);
    const move = (moved: PointerEvent): void => lookAt(side, nearest(places, (moved.clientX - left) / inner));
    const stop = (): void => {
      store.scrubbing.value = false;
      window.removeEventListener("pointermove", move);
      window.removeEventListener("pointerup", stop);
      window.removeEventListener("pointercancel", stop);
    };
    store.playing.value = false;
    store.scrubbing.value = true;
    window.addEventListener("pointermove", move);
    window.addEventListener("pointerup", stop);
    window.addEventListener("pointercancel", stop);
    move(event);
  };
  return {
    grab: (side, event) => {
      event.preventDefault();
      (event.currentTarget as HTMLElement).focus();
      follow(side, event.currentTarget as Element, event);
    },
    start: (event) => {
      if (!axis || event.button !== 0) return;
      event.preventDefault();
      const element = event.currentTarget as Element;
      const x = event.clientX - element.getBoundingClientRect().left - LEFT;
      const away = (side: Side): number => Math.abs(placeOfShown(store, side, axis) * inner - x);
      const grabsB = store.b.index.value && away(store.b) < GRAB_PX && away(store.b) < away(store.a);
      follow(grabsB ? store.b : store.a, element, event);
    },
  };
}

function placeOfShown(store: Store, side: Side, axis: Axis): number {
  const index = side.index.value;
  const shown = side.shown.value;
  if (!index || shown === null) return -1;
  return axis.place(positions(index, store.axis.value)[latestAtOrBefore(index.steps, shown)] ?? axis.low);
}

function Handle({ store, axis, inner, side, drag }: MarkProps & { side: Side; drag: Drag }) {
  const shown = side.shown.value;
  if (shown === null) return null;
  const steps = side.index.value?.steps ?? [];
  return (
    <div
      class={`handle key ${side.name.toLowerCase()}`}
      style={{ left: `${LEFT + placeOfShown(store, side, axis) * inner}px` }}
      role="slider"
      tabIndex={0}
      aria-label={`Step of ${side.name}`}
      aria-valuemin={steps[0] ?? 0}
      aria-valuemax={steps.at(-1) ?? 0}
      aria-valuenow={shown}
      aria-valuetext={`step ${shown}`}
      onPointerDown={(event) => drag.grab(side, event)}
      onKeyDown={(event) => moveByKey(side, event)}
    >
      {side.name}
    </div>
  );
}

function moveByKey(side: Side, event: KeyboardEvent): void {
  const by: Record<string, number> = {
    ArrowLeft: -1,
    ArrowDown: -1,
    ArrowRight: 1,
    ArrowUp: 1,
    PageDown: -8,
    PageUp: 8,
    Home: Number.NEGATIVE_INFINITY,
    End: Number.POSITIVE_INFINITY,
  };
  const places = by[event.key];
  if (places === undefined) return;
  event.preventDefault();
  event.stopPropagation();
  moveStep(side, event.shiftKey ? places * 8 : places);
}
