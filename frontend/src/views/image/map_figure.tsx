/** One map over its picture: drawn with its scale, the value under the cursor, and what it explains. */

import type { ComponentChildren } from "preact";
import type { MapsFacts } from "../../api/types";
import { exactText } from "../../draw/number_text";
import { type Pictures, valueAt } from "../../draw/pictures";
import type { Store } from "../../state/store";
import { type Box, MapCanvas, pixelAt } from "../../ui/map_canvas";
import { Failed, Waiting } from "../../ui/panel_state";
import type { Pixels } from "../../ui/pixel_canvas";
import { ScaleBar } from "../../ui/scale_bar";
import { fitted } from "../records/examples";
import { sigmaOf, spot, useColoured } from "./heatmap_of";

/** A map on its way or there. */
export interface Answered {
  value: { facts: MapsFacts } | undefined;
  pictures: Pictures | null;
  pending: boolean;
  late: boolean;
  error: Error | undefined;
  retry: () => void;
}

interface Props {
  store: Store;
  title: string;
  /** Left out: the map cannot be chosen. */
  onChoose?: (() => void) | undefined;
  isChosen?: boolean;
  /** Right of the title: which step it is of. */
  note: ComponentChildren;
  answer: Answered;
  signed: boolean;
  base: Pixels | null;
  side: number;
  /** The map without the picture. */
  alone?: boolean;
  boxes?: readonly Box[];
  /** What it explains, and in which unit. */
  says?: string;
  /** Under the scale: what was found out about the map. */
  children?: ComponentChildren;
}

export function MapFigure(props: Props) {
  const { store, title, answer, signed, base, side, alone = false, says = "" } = props;
  const opacity = alone || !base ? 1 : store.bare.value ? 0 : store.opacity.value;
  const map = useColoured(store, answer.pictures, signed, opacity);
  const sigma = sigmaOf(store, answer.pictures, signed);
  const size = fitted(map ?? base ?? { width: 1, height: 1 }, side);
  const smoothing = sigma > 0 ? `drawn smoothed, σ ${sigma} px` : "";
  const caption = [says, smoothing].filter(Boolean).join(" · ");
  return (
    <FigureFrame {...props} size={size}>
      {answer.error ? (
        <Failed error={answer.error} retry={answer.retry} />
      ) : map && answer.pictures ? (
        <>
          <MapCanvas
            map={map}
            base={alone ? null : base}
            size={size}
            spot={spot.value}
            onSpot={(at) => {
              spot.value = at;
            }}
            {...(props.onChoose ? { onClick: props.onChoose } : {})}
            boxes={store.bare.value ? [] : (props.boxes ?? [])}
            label={`${title}, map over the picture`}
            says={readAt(answer.pictures, spot.value)}
            dim={answer.pending}
          />
          <div class="row fig-foot">
            <ScaleBar
              colourMap={map.colourMap}
              range={map.range}
              gamma={store.gamma.value}
              clipped={map.clipped}
            />
            <span class="grow" />
            <b class="cap">{readAt(answer.pictures, spot.value)}</b>
          </div>
          {props.children}
          {!alone && (
            <p class="cap fig-says" title={caption}>
              {caption}
            </p>
          )}
          {map.nonfinite > 0 && (
            <p class="bad cap">▲ {map.nonfinite} values are NaN or infinite, in magenta</p>
          )}
        </>
      ) : (
        <div style={{ height: `${size.height}px` }}>
          <Waiting late={answer.late} what={title} />
        </div>
      )}
    </FigureFrame>
  );
}

interface FrameProps {
  title: string;
  onChoose?: (() => void) | undefined;
  isChosen?: boolean;
  note: ComponentChildren;
  size: { width: number };
  children: ComponentChildren;
}

/** Title row and the room below it: for a map, and for what stands in its place. */
export function FigureFrame({ title, onChoose, isChosen = false, note, size, children }: FrameProps) {
  return (
    <figure class={isChosen ? "fig on" : "fig"} style={{ width: `${Math.max(size.width, 160)}px` }}>
      <div class="row fig-title">
        {onChoose ? (
          <button type="button" class="clip" aria-pressed={isChosen} title={title} onClick={onChoose}>
            {title}
          </button>
        ) : (
          <b class="clip">{title}</b>
        )}
        <span class="grow" />
        {note}
      </div>
      {children}
    </figure>
  );
}

/** The value under the cross-hair; "≈" while it comes from codes. */
export function readAt(pictures: Pictures | null, at: typeof spot.value): string {
  if (!pictures || !at) return "";
  const { row, column } = pixelAt(at, pictures);
  const text = exactText(valueAt(pictures, 0, row, column));
  return pictures.values ? text : `≈ ${text}`;
}
