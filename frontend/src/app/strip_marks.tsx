/** What the step strip shows behind its handles: the scalar's curve, checkpoints, lanes of ticks, labels. */

import { useMemo } from "preact/hooks";
import type { RunIndex } from "../api/types";
import { type Axis, axisLabels, type Lane, lanes, positions, sayDuration } from "../state/axis";
import { drawnTag, shortTag } from "../state/live";
import { latestAtOrBefore } from "../state/steps";
import type { Side, Store } from "../state/store";

/** Room for the lanes' names. */
export const LEFT = 92;
const CURVE = { top: 8, bottom: 36 };
const LANE_TOP = 44;
const LANE_STEP = 11;

export interface MarkProps {
  store: Store;
  axis: Axis;
  /** Width of the axis in pixels. */
  inner: number;
}

/** The chosen scalar: A solid, B dashed, one vertical scale for both. */
export function Curves({ store, axis, inner }: MarkProps) {
  const sides = store.sides.value.filter((side) => side.curve.value && side.index.value);
  const { low, high } = curveBounds(sides);
  const hasCurve = low <= high;
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

/** The telling word of the tag, as far as there is room. */
function curveName(store: Store): string {
  const word = shortTag(drawnTag(store) ?? "");
  return word.length > 9 ? `${word.slice(0, 8)}…` : word;
}

/** Least and greatest value of the curves; zero belongs to them when it is not far off. */
function curveBounds(sides: readonly Side[]): { low: number; high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const side of sides)
    for (const value of side.curve.value?.values ?? [])
      if (Number.isFinite(value)) {
        low = Math.min(low, value);
        high = Math.max(high, value);
      }
  return { low: low > 0 && low < high / 2 ? 0 : low, high };
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

function Checkpoints({ store, axis, inner }: MarkProps) {
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

export function Lanes({ store, axis, inner }: MarkProps) {
  const index = store.a.index.value;
  const shown = store.a.shown.value;
  const tickPaths = useMemo(() => {
    if (!index) return [];
    const xs = positions(index, store.axis.value).map((value) => LEFT + axis.place(value) * inner);
    return lanes(index).map((lane, i) => {
      const y = LANE_TOP + i * LANE_STEP;
      const tick = (position: number): string => {
        const x = xs[position];
        return x === undefined ? "" : `M${x.toFixed(1)} ${y + 0.5}v7`;
      };
      return { lane, y, tick, path: lane.at.map(tick).join("") };
    });
  }, [index, axis, inner, store.axis.value]);
  return (
    <>
      {tickPaths.map(({ lane, y, tick, path }) => (
        <g key={lane.title}>
          <LaneName title={lane.title} y={y} />
          <line x1={LEFT} x2={LEFT + inner} y1={y + 4} y2={y + 4} stroke="var(--line)" />
          <path class="lane" d={path} />
          {index && <path class="lane shown" d={tick(shownIn(index, lane, shown))} />}
        </g>
      ))}
    </>
  );
}

function LaneName({ title, y }: { title: string; y: number }) {
  return (
    <text class="axis" x="12" y={y + 7}>
      {title.length > 15 ? `${title.slice(0, 14)}…` : title}
      <title>{title}</title>
    </text>
  );
}

/** The position whose data a lane shows at a step; -1 before its first. */
function shownIn(index: RunIndex, lane: Lane, step: number | null): number {
  const at = step === null ? -1 : latestAtOrBefore(index.steps, step);
  return lane.at[latestAtOrBefore(lane.at, at)] ?? -1;
}

export function Labels({ store, axis, inner }: MarkProps) {
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
