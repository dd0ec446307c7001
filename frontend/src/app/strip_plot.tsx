/** The middle of the step strip: curve, checkpoints, lanes of ticks, and the handles A and B. */

import { useComputed, useSignal } from "@preact/signals";
import { useEffect, useRef } from "preact/hooks";
import type { RunIndex } from "../api/types";
import {
  type Axis,
  axisLabels,
  axisOver,
  type Lane,
  lanes,
  nearest,
  positions,
  sayDuration,
} from "../state/axis";
import { drawnTag, lastWord } from "../state/live";
import { lookAt, moveStep } from "../state/moves";
import { latestAtOrBefore } from "../state/steps";
import type { Side, Store } from "../state/store";

const LEFT = 92;
const RIGHT = 28;
const CURVE = { top: 8, bottom: 36 };
const LANE_TOP = 44;
const LANE_STEP = 9.5;
const GRAB_PX = 12;

export function StripPlot({ store }: { store: Store }) {
  const box = useRef<HTMLDivElement>(null);
  const width = useSignal(0);
  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const observer = new ResizeObserver(() => {
      if (element.clientWidth > 0) width.value = element.clientWidth;
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, [width]);
  const axis = useComputed(() =>
    axisOver(
      store.sides.value.map((side) => side.index.value).filter((index) => index !== null),
      store.axis.value,
      store.scale.value,
    ),
  );
  const inner = Math.max(width.value - LEFT - RIGHT, 1);
  const drag = useDrag(store, axis.value, inner);
  return (
    <div class="mid" ref={box}>
      {axis.value && width.value > 0 ? (
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

interface PartProps {
  store: Store;
  axis: Axis;
  inner: number;
}

function Handle({ store, axis, inner, side, drag }: PartProps & { side: Side; drag: Drag }) {
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

/** The chosen scalar: A solid, B dashed, one vertical scale for both. */
function Curves({ store, axis, inner }: PartProps) {
  const sides = store.sides.value.filter((side) => side.curve.value && side.index.value);
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const side of sides)
    for (const value of side.curve.value?.values ?? [])
      if (Number.isFinite(value)) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
  const hasCurve = low <= high;
  if (low > 0 && low < high / 2) low = 0;
  const y = (value: number): number =>
    high > low ? CURVE.bottom - ((value - low) / (high - low)) * (CURVE.bottom - CURVE.top) : CURVE.bottom;
  return (
    <>
      <line
        x1={LEFT}
        x2={LEFT + inner}
        y1={CURVE.bottom + 0.5}
        y2={CURVE.bottom + 0.5}
        stroke="var(--line-2)"
      />
      {hasCurve && (
        <>
          <text class="axis" x={LEFT - 8} y={CURVE.top + 6} text-anchor="end">
            {sayEnd(high, high - low)}
          </text>
          {low < high && (
            <text class="axis" x={LEFT - 8} y={CURVE.bottom + 2} text-anchor="end">
              {sayEnd(low, high - low)}
            </text>
          )}
          <text class="axis" x="12" y={CURVE.top + 14}>
            {curveName(store)}
          </text>
        </>
      )}
      {sides.map((side) => (
        <path
          key={side.name}
          d={curvePath(store, side, axis, inner, y)}
          fill="none"
          stroke="var(--ink)"
          stroke-width="1.25"
          stroke-dasharray={side.name === "B" ? "3 2" : undefined}
        />
      ))}
      <Checkpoints store={store} axis={axis} inner={inner} />
    </>
  );
}

/** The last word of the tag, as far as there is room. */
function curveName(store: Store): string {
  const word = lastWord(drawnTag(store) ?? "");
  return word.length > 9 ? `${word.slice(0, 8)}…` : word;
}

/** An end of the curve's scale, with the digits that tell it from the other end. */
function sayEnd(value: number, span: number): string {
  const digits = Math.min(4, Math.max(0, 1 - Math.floor(Math.log10(span || Math.abs(value) || 1))));
  return Math.abs(value) >= 10000 ? value.toExponential(1) : String(Number(value.toFixed(digits)));
}

function curvePath(
  store: Store,
  side: Side,
  axis: Axis,
  inner: number,
  y: (value: number) => number,
): string {
  const curve = side.curve.value;
  const start = side.index.value?.wall_times[0] ?? 0;
  if (!curve) return "";
  const isTime = store.axis.value === "time";
  let path = "";
  let isPen = false;
  curve.values.forEach((value, i) => {
    const at = isTime ? (curve.wallTimes[i] ?? Number.NaN) - start : (curve.steps[i] ?? Number.NaN);
    const place = axis.place(at);
    if (!Number.isFinite(value) || !(place >= -0.001 && place <= 1.001)) {
      isPen = false;
      return;
    }
    path += `${isPen ? "L" : "M"}${(LEFT + place * inner).toFixed(1)} ${y(value).toFixed(1)}`;
    isPen = true;
  });
  return path;
}

function Checkpoints({ store, axis, inner }: PartProps) {
  const index = store.a.index.value;
  if (!index) return null;
  const places = positions(index, store.axis.value);
  const marks = places
    .filter((_, i) => index.checkpoints[i])
    .map((value) => LEFT + axis.place(value) * inner);
  const step = Math.max(1, Math.ceil((marks.length * 8) / inner));
  const shown = marks.filter((_, i) => i % step === 0 || i === marks.length - 1);
  const path = shown.map((x) => `M${x.toFixed(1)} 33.5l3 3-3 3-3-3z`).join("");
  return <path d={path} fill="var(--bg-2)" stroke="var(--ink-3)" />;
}

function Lanes({ store, axis, inner }: PartProps) {
  const index = store.a.index.value;
  const shown = store.a.shown.value;
  if (!index) return null;
  return (
    <>
      {lanes(index).map((lane, i) => (
        <LaneTicks
          key={lane.title}
          lane={lane}
          y={LANE_TOP + i * LANE_STEP}
          xs={positions(index, store.axis.value).map((value) => LEFT + axis.place(value) * inner)}
          shown={shownIn(index, lane, shown)}
          end={LEFT + inner}
        />
      ))}
    </>
  );
}

/** The position whose data a lane shows at a step. */
function shownIn(index: RunIndex, lane: Lane, step: number | null): number | undefined {
  if (step === null) return undefined;
  return lane.at[latestAtOrBefore(lane.at, latestAtOrBefore(index.steps, step))];
}

interface LaneProps {
  lane: Lane;
  y: number;
  xs: number[];
  shown: number | undefined;
  end: number;
}

function LaneTicks({ lane, y, xs, shown, end }: LaneProps) {
  const tick = (position: number): string => `M${xs[position]?.toFixed(1)} ${y + 0.5}v7`;
  return (
    <>
      <text class="axis" x="12" y={y + 7}>
        {lane.title.length > 15 ? `${lane.title.slice(0, 14)}…` : lane.title}
        <title>{lane.title}</title>
      </text>
      <line x1={LEFT} x2={end} y1={y + 4} y2={y + 4} stroke="var(--line)" />
      <path class="lane" d={lane.at.map(tick).join("")} />
      {shown !== undefined && <path class="lane shown" d={tick(shown)} />}
    </>
  );
}

function Labels({ store, axis, inner }: PartProps) {
  const index = store.a.index.value;
  const isTime = store.axis.value === "time";
  const values = index ? positions(index, store.axis.value) : [];
  const span = axis.high - axis.low;
  const say = (value: number): string => (isTime ? sayDuration(value, span) : String(value));
  return (
    <>
      {axisLabels(values, axis, inner, say).map((label) => (
        <text key={label.x} class="axis" x={LEFT + label.x} y="94" text-anchor={label.anchor}>
          {label.text}
        </text>
      ))}
    </>
  );
}
