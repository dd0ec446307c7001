/** The same picture at many steps, in a row; a click goes to the step. */

import { PixelCanvas, type Pixels } from "./pixel_canvas";

export interface Frame extends Pixels {
  step: number;
  /** Some of its values are NaN or infinite. */
  broken?: boolean;
}

interface Props {
  frames: readonly Frame[];
  shown: number | null;
  onStep: (step: number) => void;
  /** Longer side of one picture on the page. */
  side: number;
  /** What the pictures show. */
  label: string;
}

export function FilmStrip({ frames, shown, onStep, side, label }: Props) {
  return (
    <ol class="strip-of-steps" aria-label={label}>
      {frames.map((frame, index) => {
        const scale = side / Math.max(frame.width, frame.height, 1);
        const size = { width: Math.round(frame.width * scale), height: Math.round(frame.height * scale) };
        const isShown = frame.step === shown;
        return (
          <li key={frame.step}>
            <button
              type="button"
              class={isShown ? "on" : ""}
              aria-current={isShown ? "step" : undefined}
              title={`go to step ${frame.step}`}
              onClick={() => onStep(frame.step)}
            >
              <PixelCanvas {...frame} size={size} label="" />
              <span>
                {frame.broken && (
                  <span class="bad" title="holds NaN or infinite values">
                    ▲{" "}
                  </span>
                )}
                {index === 0 ? `step ${frame.step}` : frame.step}
              </span>
            </button>
          </li>
        );
      })}
    </ol>
  );
}

/**
 * Which of many steps fit in a strip: the first, the last, and evenly spread ones between.
 *
 * They do not depend on the step looked at, so scrubbing moves the mark and not the pictures.
 */
export function spread<T>(items: readonly T[], most: number): T[] {
  if (items.length <= most) return [...items];
  if (most <= 1) return items.slice(-1);
  return Array.from({ length: most }, (_, index) => {
    const at = Math.round((index * (items.length - 1)) / (most - 1));
    return items[at] as T;
  });
}
