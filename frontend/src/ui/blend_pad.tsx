/** How much of each of several things: a slider between two, a polygon with a point for more, the shares as numbers. */

import { useRef } from "preact/hooks";
import { alike, cornersOf, type Point, pointOf, rounded, sharesAt } from "../draw/blend";
import { PixelCanvas, type Pixels } from "./pixel_canvas";

export interface BlendPart {
  title: string;
  pixels: Pixels | null;
  url?: string | undefined;
}

interface Props {
  label: string;
  parts: readonly BlendPart[];
  /** Of sum 1, one a part. */
  shares: readonly number[];
  onChange: (shares: number[]) => void;
  /** Of the pad, CSS pixels. */
  side: number;
}

const THUMB = 32;
/** Between a corner and its picture, so that the point at the corner is seen, CSS pixels. */
const AWAY = 12;
const STEP = 0.05;
const BIG_STEP = 0.25;

const MOVES: Record<string, Point> = {
  ArrowLeft: { x: -1, y: 0 },
  ArrowRight: { x: 1, y: 0 },
  ArrowUp: { x: 0, y: -1 },
  ArrowDown: { x: 0, y: 1 },
};

/** Nothing for one part: there is nothing to mix. */
export function BlendPad(props: Props) {
  const { parts } = props;
  if (parts.length < 2) return null;
  return (
    <div class="blend">
      {parts.length === 2 ? <Between {...props} /> : <Pad {...props} />}
      <Shares {...props} />
    </div>
  );
}

/** "60 % waves, 40 % bricks". */
export function blendText(parts: readonly { title: string }[], shares: readonly number[]): string {
  return parts
    .flatMap(({ title }, at) => ((shares[at] ?? 0) > 0 ? [`${percentText(shares[at] ?? 0)} ${title}`] : []))
    .join(", ");
}

export function percentText(share: number): string {
  return `${Math.round(100 * share)} %`;
}

function Between({ label, parts, shares, onChange }: Props) {
  const share = shares[1] ?? 0;
  return (
    <div class="blend-between">
      {parts[0] && <Thumb part={parts[0]} />}
      <span class="slide">
        <input
          type="range"
          aria-label={label}
          aria-valuetext={blendText(parts, shares)}
          min={0}
          max={1}
          step={0.01}
          value={share}
          style={{ "--share": `${100 * share}%` }}
          onInput={(event) => {
            const next = Number(event.currentTarget.value);
            onChange(rounded([1 - next, next]));
          }}
        />
      </span>
      {parts[1] && <Thumb part={parts[1]} />}
    </div>
  );
}

function Pad({ label, parts, shares, onChange, side }: Props) {
  const ring = useRef<HTMLDivElement>(null);
  const held = useRef<Point | null>(null);
  const count = parts.length;
  const corners = cornersOf(count);
  const { radius, middle, height } = layoutOf(corners, side);
  const place = ({ x, y }: Point) => ({ x: middle.x + radius * x, y: middle.y + radius * y });
  const set = (point: Point): void => onChange(rounded(sharesAt(point, count)));
  const drag = (event: PointerEvent): void => {
    const box = (ring.current as HTMLDivElement).getBoundingClientRect();
    const [x, y] = [event.clientX - box.left - middle.x, event.clientY - box.top - middle.y];
    set({ x: x / radius, y: y / radius });
  };
  const press = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const corner = /^[1-9]$/.test(event.key) ? corners[Number(event.key) - 1] : undefined;
    const way = MOVES[event.key];
    if (corner) set(corner);
    else if (event.key === "Home") onChange(alike(count));
    else if (way) {
      // Whole hundredths would swallow small steps near a corner: the hand goes on from where it was.
      const from = nearlySame(held.current, shares) ?? pointOf(shares);
      const by = event.shiftKey ? BIG_STEP : STEP;
      const to = { x: from.x + by * way.x, y: from.y + by * way.y };
      const next = sharesAt(to, count);
      held.current = pointOf(next);
      onChange(rounded(next));
    } else return;
    event.preventDefault();
    event.stopPropagation();
  };
  const at = place(pointOf(shares));
  const outline = corners.map((corner) => `${place(corner).x},${place(corner).y}`).join(" ");
  return (
    <div class="blend-pad" style={{ width: `${side}px`, height: `${height}px` }} ref={ring}>
      <svg width={side} height={height} aria-hidden="true">
        <polygon points={outline} fill="var(--bg-2)" stroke="var(--line-2)" />
        {corners.map((corner, index) => {
          const end = place(corner);
          const share = shares[index] ?? 0;
          return (
            share > 0 && (
              <line
                key={index}
                x1={at.x}
                y1={at.y}
                x2={end.x}
                y2={end.y}
                stroke="var(--accent)"
                stroke-opacity={0.15 + 0.85 * share}
              />
            )
          );
        })}
      </svg>
      {corners.map((corner, index) => {
        const part = parts[index] as BlendPart;
        const far = (radius + THUMB / 2 + AWAY) / radius;
        const { x, y } = place({ x: corner.x * far, y: corner.y * far });
        return (
          <button
            key={index}
            type="button"
            class="blend-corner"
            tabIndex={-1}
            aria-label={`only ${part.title}`}
            title={`${part.title}: only this one`}
            style={{ left: `${x - THUMB / 2}px`, top: `${y - THUMB / 2}px` }}
            onClick={() => set(corner)}
          >
            <Thumb part={part} />
          </button>
        );
      })}
      <div
        class="blend-hand"
        role="slider"
        tabIndex={0}
        aria-label={label}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * Math.max(...shares))}
        aria-valuetext={blendText(parts, shares)}
        title="drag it, or move it with the arrow keys; 1, 2, … go to a corner, Home to the middle"
        onKeyDown={press}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          held.current = null;
          drag(event);
        }}
        onPointerMove={(event) => {
          if (event.currentTarget.hasPointerCapture(event.pointerId)) drag(event);
        }}
      >
        <i style={{ left: `${at.x}px`, top: `${at.y}px` }} />
      </div>
    </div>
  );
}

/** Where the polygon stands so that its corners' pictures fill the pad. */
function layoutOf(corners: readonly Point[], side: number) {
  const [xs, ys] = [corners.map(({ x }) => x), corners.map(({ y }) => y)];
  const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const margin = THUMB + AWAY + 1;
  const radius = (side - 2 * margin) / Math.max(right - left, bottom - top);
  const middle = { x: side / 2 - (radius * (left + right)) / 2, y: margin - radius * top };
  return { radius, middle, height: radius * (bottom - top) + 2 * margin };
}

/** The point that the hand was left at, if the shares are still its. */
function nearlySame(point: Point | null, shares: readonly number[]): Point | null {
  if (!point) return null;
  const here = pointOf(shares);
  return Math.hypot(here.x - point.x, here.y - point.y) < STEP ? point : null;
}

/** Every share as a number; typed, too. */
function Shares({ parts, shares, onChange, label }: Props) {
  return (
    <div class="blend-shares">
      {parts.map((part, at) => (
        <label key={at} title={part.title}>
          {parts.length > 2 && <Thumb part={part} side={18} />}
          <input
            type="number"
            min={0}
            max={100}
            step={1}
            aria-label={`${label}: ${part.title}, percent`}
            value={Math.round(100 * (shares[at] ?? 0))}
            onChange={(event) => {
              const typed = Math.min(100, Math.max(0, Number(event.currentTarget.value) || 0)) / 100;
              onChange(withShare(shares, at, typed));
            }}
          />
          <span class="cap">%</span>
        </label>
      ))}
    </div>
  );
}

/** The shares with one set; the others keep their proportions and take the rest. */
export function withShare(shares: readonly number[], at: number, share: number): number[] {
  const others = shares.reduce((sum, one, other) => (other === at ? sum : sum + one), 0);
  const count = shares.length - 1;
  return rounded(
    shares.map((one, other) => {
      if (other === at) return share;
      return others > 0 ? ((1 - share) * one) / others : (1 - share) / count;
    }),
  );
}

function Thumb({ part, side = THUMB }: { part: BlendPart; side?: number }) {
  const { pixels, url, title } = part;
  if (pixels) {
    const scale = side / Math.max(pixels.width, pixels.height, 1);
    const size = { width: Math.round(pixels.width * scale), height: Math.round(pixels.height * scale) };
    return <PixelCanvas {...pixels} size={size} label={title} />;
  }
  return url ? (
    <img src={url} alt={title} width={side} height={side} class="blend-thumb" />
  ) : (
    <span class="cap">{title}</span>
  );
}
