/** How the objective went, iteration by iteration. */

import { useState } from "preact/hooks";
import type { JobStatus } from "../../api/types";
import { curveOf, nearestIndex } from "../../draw/curve";
import { exactText, valueText } from "../../draw/number_text";
import { finiteRange } from "../../draw/value_range";

/** A value that falls this many times over is drawn on a log scale: a loss, whose last part would else be a line. */
const DECADES = 30;

export function spansDecades(values: readonly number[]): boolean {
  const finite = values.filter(Number.isFinite);
  const low = Math.min(...finite);
  return finite.length > 2 && low > 0 && Math.max(...finite) / low >= DECADES;
}

/** The last iteration on the axis: that asked for, or while it is far the one reached, so that the curve has room. */
export function axisEnd(reached: number, asked: number): number {
  return reached > 0 && reached < asked / 4 ? reached : asked;
}

interface Props {
  status: JobStatus;
  width: number;
  height: number;
}

const FOOT = 13;

export function ObjectiveCurve({ status, width, height }: Props) {
  const [over, setOver] = useState<number | null>(null);
  const { objective, objective_name: name, total, iteration } = status;
  if (objective.length < 2) return null;
  const given = objective.map(([, value]) => value ?? Number.NaN);
  const isLog = spansDecades(given);
  const values = isLog ? given.map(Math.log10) : given;
  const last = axisEnd(objective.at(-1)?.[0] ?? 0, Math.max(total, iteration, 1));
  const places = objective.map(([at]) => at / last);
  const box = { width, height: height - FOOT };
  const bounds = finiteRange(values);
  const { stretches, dots } = curveOf(places, values, box, bounds);
  const at = over ?? values.length - 1;
  const here = dots.find((dot) => dot.index === at);
  const said = `${name || "objective"} ${exactText(given[at] ?? Number.NaN)}`;
  const move = (event: PointerEvent): void => {
    const rect = (event.currentTarget as Element).getBoundingClientRect();
    setOver(nearestIndex(places, (event.clientX - rect.left) / rect.width));
  };
  return (
    <div class="objective">
      <svg
        width={width}
        height={height}
        role="img"
        aria-label={`${name || "objective"} over ${last} iterations, now ${exactText(given.at(-1) ?? Number.NaN)}`}
        onPointerMove={move}
        onPointerLeave={() => setOver(null)}
      >
        <line x1="0" x2={width} y1={box.height} y2={box.height} stroke="var(--line-2)" />
        {stretches.map((points) => (
          <polyline key={points} points={points} fill="none" stroke="var(--ink)" stroke-width="1.25" />
        ))}
        {here && <circle cx={here.x} cy={here.y} r="2.5" fill="var(--accent)" />}
        <text class="axis over-line" x="0" y="9">
          {valueText(isLog ? 10 ** bounds.high : bounds.high)}
        </text>
        {isLog && (
          <text class="axis over-line" x={width} y="9" text-anchor="end">
            log scale, down to {valueText(10 ** bounds.low)}
          </text>
        )}
        <text class="axis" x="0" y={height - 2}>
          {over === null ? "iteration 0" : `iteration ${objective[at]?.[0]}`}
        </text>
        <text class="axis" x={width} y={height - 2} text-anchor="end">
          {last}
        </text>
      </svg>
      <p class="cap">{said}</p>
    </div>
  );
}
