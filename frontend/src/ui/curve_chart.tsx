/** A small line chart over steps; a click goes to the step, a table says the same in numbers. */

import { useState } from "preact/hooks";
import { boundsOf, curveOf, nearestIndex, stepPlaces } from "../draw/curve";
import { valueText } from "../draw/number_text";

export interface ChartSeries {
  name: string;
  values: ArrayLike<number>;
  /** Drawn stronger, in the accent colour. */
  strong?: boolean;
  /** SVG dash pattern; lines differ by more than colour. */
  dash?: string;
}

interface Props {
  title: string;
  steps: readonly number[];
  series: readonly ChartSeries[];
  shown: number | null;
  /** A click goes there; without it the chart is to be looked at only. */
  onStep?: (step: number) => void;
  /** What lies along it. */
  axis?: string;
  width: number;
  height: number;
  scale?: "sqrt" | "linear";
  bounds?: { low: number; high: number };
  text?: (value: number) => string;
  /** Beside the title. */
  note?: string | undefined;
}

const PAD = 12;

export function CurveChart(props: Props) {
  const { title, steps, series, note } = props;
  const [asTable, setAsTable] = useState(false);
  if (steps.length < 2) return null;
  return (
    <section class="chart">
      <div class="row">
        <h2>{title}</h2>
        <span class="grow" />
        {note && <span class="cap clip">{note}</span>}
        <button type="button" class="link cap" aria-pressed={asTable} onClick={() => setAsTable(!asTable)}>
          {asTable ? "curve" : "table"}
        </button>
      </div>
      {asTable ? <Table {...props} /> : <Plot {...props} />}
      {series.length > 1 && !asTable && <Legend series={series} />}
    </section>
  );
}

function Plot({
  title,
  steps,
  series,
  shown,
  onStep,
  axis = "step",
  width,
  height,
  scale,
  bounds,
  text = valueText,
}: Props) {
  const [over, setOver] = useState<number | null>(null);
  const places = stepPlaces(steps, scale ?? "sqrt");
  const limits = bounds ?? boundsOf(series.map((one) => one.values));
  const box = { width, height: height - PAD };
  const curves = series.map((one) => curveOf(places, one.values, box, limits));
  const at = over ?? (shown === null ? -1 : steps.indexOf(shown));
  const x = at >= 0 ? (places[at] as number) * width : null;
  const zero = limits.low > 0 ? box.height : (curves[0]?.y(0) ?? box.height);
  const pick = (event: PointerEvent | MouseEvent): number => {
    const rect = (event.currentTarget as Element).getBoundingClientRect();
    return nearestIndex(places, (event.clientX - rect.left) / rect.width);
  };
  const said =
    at < 0 ? "" : series.map((one) => unbroken(`${one.name} ${text(one.values[at] as number)}`)).join(", ");
  return (
    <>
      {/* biome-ignore lint/a11y/useKeyWithClickEvents: steps have keys of their own in the whole page */}
      <svg
        class="plot"
        width={width}
        height={height}
        role="img"
        aria-label={`${title}: ${steps.length} values${at >= 0 ? `; ${axis} ${steps[at]}: ${said}` : ""}`}
        onClick={(event) => onStep?.(steps[pick(event)] as number)}
        onPointerMove={(event) => setOver(pick(event))}
        onPointerLeave={() => setOver(null)}
      >
        <line x1="0" x2={width} y1="0.5" y2="0.5" stroke="var(--line)" />
        <line x1="0" x2={width} y1={zero} y2={zero} stroke="var(--line-2)" />
        {x !== null && <line x1={x} x2={x} y1="0" y2={box.height} stroke="var(--accent)" />}
        {curves.map((curve, index) => (
          <Line key={series[index]?.name} curve={curve} series={series[index] as ChartSeries} at={at} />
        ))}
        {limits.high > limits.low && (
          <text class="axis over-line" {...besideOf(curves, width, (ends) => Math.min(...ends))} y="10">
            {text(limits.high)}
          </text>
        )}
        {limits.low > 0 && (
          <text
            class="axis over-line"
            {...besideOf(curves, width, (ends) => height - Math.max(...ends))}
            y={box.height - 3}
          >
            {text(limits.low)}
          </text>
        )}
        <text class="axis" x="0" y={height - 1}>
          {axis === "step" ? "" : `${axis} = `}
          {steps[0]}
        </text>
        <text class="axis" x={width} y={height - 1} text-anchor="end">
          {steps.at(-1)}
        </text>
      </svg>
      <div class="cap plot-said">{at < 0 ? "\u00a0" : `${axis} ${steps[at]} · ${said}`}</div>
    </>
  );
}

/** The side on which the curves leave more room for a text. */
function besideOf(
  curves: readonly ReturnType<typeof curveOf>[],
  width: number,
  room: (ends: number[]) => number,
) {
  const firsts = curves.flatMap(({ dots }) => dots[0]?.y ?? []);
  const lasts = curves.flatMap(({ dots }) => dots.at(-1)?.y ?? []);
  const isRight = firsts.length > 0 && room(lasts) > room(firsts);
  return isRight ? { x: width, "text-anchor": "end" as const } : { x: 0 };
}

/** On one line, however narrow the column. */
function unbroken(said: string): string {
  return said.replaceAll(" ", "\u00a0");
}

function Line({ curve, series, at }: { curve: ReturnType<typeof curveOf>; series: ChartSeries; at: number }) {
  const ink = series.strong ? "var(--accent)" : series.dash ? "var(--ink-2)" : "var(--ink)";
  const here = curve.dots.find((dot) => dot.index === at);
  const few = curve.dots.length <= 40;
  return (
    <g>
      {curve.stretches.map((points) => (
        <polyline
          key={points}
          points={points}
          fill="none"
          stroke={ink}
          stroke-width={series.strong ? 1.75 : 1.25}
          stroke-dasharray={series.dash}
        />
      ))}
      {few && curve.dots.map((dot) => <circle key={dot.index} cx={dot.x} cy={dot.y} r="1.5" fill={ink} />)}
      {here && <circle cx={here.x} cy={here.y} r="3" fill="var(--accent)" />}
    </g>
  );
}

function Legend({ series }: { series: readonly ChartSeries[] }) {
  return (
    <div class="cap chart-legend">
      {series.map((one) => (
        <span key={one.name} class="nowrap">
          <svg width="16" height="6" aria-hidden="true">
            <line
              x1="0"
              x2="16"
              y1="3"
              y2="3"
              stroke={one.strong ? "var(--accent)" : "var(--ink)"}
              stroke-width="1.5"
              stroke-dasharray={one.dash}
            />
          </svg>
          {one.name}
        </span>
      ))}
    </div>
  );
}

function Table({ steps, series, axis = "step", text = valueText }: Props) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard
    <div class="table-box" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th>{axis}</th>
            {series.map((one) => (
              <th key={one.name} class="r">
                {one.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {steps.map((step, index) => (
            <tr key={step}>
              <td>{step}</td>
              {series.map((one) => (
                <td key={one.name} class="r">
                  {text(one.values[index] as number)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
