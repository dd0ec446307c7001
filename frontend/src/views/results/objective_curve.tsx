/** How the objective went, iteration by iteration. */

import { useState } from "preact/hooks";
import type { JobStatus } from "../../api/types";
import { curveOf, nearestIndex } from "../../draw/curve";
import { exactText, valueText } from "../../draw/number_text";
import { finiteRange } from "../../draw/value_range";

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
  const values = objective.map(([, value]) => value ?? Number.NaN);
  const last = Math.max(total, iteration, 1);
  const places = objective.map(([at]) => at / last);
  const box = { width, height: height - FOOT };
  const bounds = finiteRange(values);
  const { stretches, dots } = curveOf(places, values, box, bounds);
  const at = over ?? values.length - 1;
  const here = dots.find((dot) => dot.index === at);
  const said = `${name || "objective"} ${exactText(values[at] ?? Number.NaN)}`;
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
        aria-label={`${name || "objective"} over ${last} iterations, now ${exactText(values.at(-1) ?? Number.NaN)}`}
        onPointerMove={move}
        onPointerLeave={() => setOver(null)}
      >
        <line x1="0" x2={width} y1={box.height} y2={box.height} stroke="var(--line-2)" />
        {stretches.map((points) => (
          <polyline key={points} points={points} fill="none" stroke="var(--ink)" stroke-width="1.25" />
        ))}
        {here && <circle cx={here.x} cy={here.y} r="2.5" fill="var(--accent)" />}
        <text class="axis over-line" x="0" y="9">
          {valueText(bounds.high)}
        </text>
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
