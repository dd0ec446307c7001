/** How far a map can be trusted: a badge, the numbers behind it, and its two curves. */

import { boundsOf, curveOf } from "../../draw/curve";
import { exactText, shareText, valueText } from "../../draw/number_text";
import type { Trust } from "./trust_of";

/** The verdict, never by colour alone. */
export function TrustBadge({ trust }: { trust: Trust }) {
  const isGood = trust.verdict === "changes with weights";
  const tone = isGood ? "ok" : trust.verdict === "undecided" ? "s" : "bad";
  const rho = Number.isFinite(trust.rho) ? `ρ ${valueText(trust.rho)} · ` : "";
  return (
    <span class={`nowrap ${tone}`} title={trust.explanation}>
      {isGood ? "● " : trust.verdict === "undecided" ? "○ " : "▲ "}
      {rho}
      {trust.verdict}
    </span>
  );
}

interface CurvesProps {
  trust: Trust;
  width: number;
}

/** Probability of the target while the map's pixels are taken away, and put in, against their random order. */
export function TrustCurves({ trust, width }: CurvesProps) {
  return (
    <div class="trust">
      <p class="trust-verdict">
        <TrustBadge trust={trust} />
      </p>
      {trust.explanation && <p class="cap">{trust.explanation}</p>}
      <Curves trust={trust} width={width} />
      <table class="cap trust-table">
        <thead>
          <tr>
            <th>area under the curve</th>
            <th class="r">map</th>
            <th class="r">random</th>
          </tr>
        </thead>
        <tbody>
          <tr>
            <td>deletion, small is good</td>
            <td class="r">{valueText(trust.deletion)}</td>
            <td class="r">{valueText(trust.randomDeletion)}</td>
          </tr>
          <tr>
            <td>insertion, large is good</td>
            <td class="r">{valueText(trust.insertion)}</td>
            <td class="r">{valueText(trust.randomInsertion)}</td>
          </tr>
        </tbody>
      </table>
      <div class="kv cap">
        {Number.isFinite(trust.sensitivity) && (
          <>
            <span>change under small noise</span>
            <span>{exactText(trust.sensitivity)}</span>
          </>
        )}
        {trust.correlations.map(({ layers, rho }) => (
          <Correlation key={layers.join()} layers={layers} rho={rho} />
        ))}
      </div>
    </div>
  );
}

function Correlation({ layers, rho }: { layers: readonly string[]; rho: number }) {
  const which = layers.length === 1 ? "the last layer" : `the last ${layers.length} layers`;
  return (
    <>
      <span class="clip" title={layers.join(", ")}>
        ρ with {which} drawn anew
      </span>
      <span>{Number.isFinite(rho) ? valueText(rho) : "–"}</span>
    </>
  );
}

const HEIGHT = 84;
const LEFT = 24;
const FOOT = 14;

function Curves({ trust, width }: CurvesProps) {
  const { fraction, deletionCurve, insertionCurve } = trust;
  if (fraction.length < 2) return null;
  const box = { width: width - LEFT - 4, height: HEIGHT - FOOT };
  const random = { ink: "var(--ink-3)", dash: "1 3" };
  const lines = [
    { name: "insertion", values: insertionCurve, ink: "var(--accent)", dash: undefined },
    { name: "deletion", values: deletionCurve, ink: "var(--ink)", dash: "4 2" },
    { name: "random order", values: trust.randomInsertionCurve, ...random },
    { name: "", values: trust.randomDeletionCurve, ...random },
  ].filter(({ values }) => values.length > 1);
  const bounds = { low: 0, high: Math.max(boundsOf(lines.map(({ values }) => values)).high, 1e-3) };
  return (
    <>
      <svg
        class="trust-plot"
        width={width}
        height={HEIGHT}
        role="img"
        aria-label={`${trust.value}: deletion from ${shareText(deletionCurve[0] ?? 0)} to ${shareText(deletionCurve.at(-1) ?? 0)}, insertion up to ${shareText(insertionCurve.at(-1) ?? 0)}`}
      >
        <g transform={`translate(${LEFT} 0)`}>
          <line x1="0" x2={box.width} y1={box.height} y2={box.height} stroke="var(--line-2)" />
          <line x1="0" x2={box.width} y1="0.5" y2="0.5" stroke="var(--line)" />
          {lines.map(({ values, ink, dash }, at) =>
            curveOf(fraction, values, box, bounds).stretches.map((points) => (
              <polyline
                key={`${at} ${points}`}
                points={points}
                fill="none"
                stroke={ink}
                stroke-width="1.5"
                stroke-dasharray={dash}
              />
            )),
          )}
          <text class="axis" x="0" y={HEIGHT - 2}>
            0 %
          </text>
          <text class="axis" x={box.width} y={HEIGHT - 2} text-anchor="end">
            100 % of the pixels
          </text>
        </g>
        <text class="axis" x={LEFT - 4} y="9" text-anchor="end">
          {valueText(bounds.high)}
        </text>
        <text class="axis" x={LEFT - 4} y={box.height} text-anchor="end">
          0
        </text>
      </svg>
      <div class="cap chart-legend">
        {lines
          .filter(({ name }) => name)
          .map(({ name, ink, dash }) => (
            <span key={name} class="nowrap">
              <svg width="16" height="6" aria-hidden="true">
                <line x1="0" x2="16" y1="3" y2="3" stroke={ink} stroke-width="1.5" stroke-dasharray={dash} />
              </svg>
              {name}
            </span>
          ))}
        <span class="grow" />
        <span>{trust.value}</span>
      </div>
    </>
  );
}
