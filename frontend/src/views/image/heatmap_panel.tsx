/** One heatmap over its example, with its scale and the step it is of. */

import type { Client } from "../../api/client";
import type { RecordAnswer, RunIndex, Series } from "../../api/types";
import { exactText } from "../../draw/number_text";
import { valueAt } from "../../draw/pictures";
import type { Store } from "../../state/store";
import { MapCanvas, pixelAt } from "../../ui/map_canvas";
import { Failed, Waiting } from "../../ui/panel_state";
import type { Pixels } from "../../ui/pixel_canvas";
import { ScaleBar } from "../../ui/scale_bar";
import { StepNote } from "../../ui/step_note";
import { className, fitted } from "../records/examples";
import { Later } from "../records/later";
import { seriesTitle } from "../records/series";
import { useRecord } from "../records/use_record";
import { type Heatmap, isSigned, sigmaOf, spot, useColoured } from "./heatmap_of";

interface Props {
  store: Store;
  client: Client;
  index: RunIndex;
  series: Series;
  heatmap: Heatmap;
  image: number;
  base: Pixels | null;
  side: number;
  /** The map without the example. */
  alone?: boolean;
}

export function HeatmapPanel(props: Props) {
  const { store, client, index, series, heatmap, image, base, side, alone = false } = props;
  const signed = isSigned(series, heatmap.value);
  const opacity = alone || !base ? 1 : store.bare.value ? 0 : store.opacity.value;
  const map = useColoured(store, heatmap.pictures, signed, opacity);
  const sigma = sigmaOf(store, heatmap.pictures, signed);
  const record = useRecord(client, heatmap.value);
  const size = fitted(map ?? base ?? { width: 1, height: 1 }, side);
  const title = seriesTitle(series);
  return (
    <figure class="fig" style={{ width: `${Math.max(size.width, 160)}px` }}>
      <div class="row fig-title">
        <b class="clip">{alone ? "Map alone" : title}</b>
        <span class="grow" />
        {heatmap.value && (
          <StepNote
            shown={heatmap.value.facts.step}
            wanted={store.a.shown.value}
            source={heatmap.value.facts.source}
            problems={heatmap.value.facts.problems}
          />
        )}
      </div>
      {!heatmap.capture ? (
        <Later store={store} index={index} series={series} />
      ) : heatmap.error ? (
        <Failed error={heatmap.error} retry={heatmap.retry} />
      ) : map && heatmap.pictures ? (
        <>
          <MapCanvas
            map={map}
            base={alone ? null : base}
            size={size}
            spot={spot.value}
            onSpot={(at) => {
              spot.value = at;
            }}
            label={`${title} of image ${image}`}
            says={readAt(heatmap, spot.value)}
            dim={heatmap.pending}
          />
          <div class="row fig-foot">
            <ScaleBar
              colourMap={map.colourMap}
              range={map.range}
              gamma={store.gamma.value}
              clipped={map.clipped}
            />
            <span class="grow" />
            <b class="cap">{readAt(heatmap, spot.value)}</b>
          </div>
          {!alone && (
            <p class="cap">
              {explains(index, series, record, image)}
              {sigma > 0 && (
                <span title="for the eye only: values under the cursor are the exact ones">
                  {" "}
                  · drawn smoothed, <span class="nowrap">σ {sigma} px</span>
                </span>
              )}
            </p>
          )}
          {map.nonfinite > 0 && (
            <p class="bad cap">▲ {map.nonfinite} values are NaN or infinite, in magenta</p>
          )}
        </>
      ) : (
        <div style={{ height: `${size.height}px` }}>
          <Waiting late={heatmap.late} what={title} />
        </div>
      )}
    </figure>
  );
}

/** The value under the cross-hair; "≈" while it comes from codes. */
export function readAt(heatmap: Heatmap, at: typeof spot.value): string {
  const { pictures } = heatmap;
  if (!pictures || !at) return "";
  const { row, column } = pixelAt(at, pictures);
  const text = exactText(valueAt(pictures, 0, row, column));
  return pictures.values ? text : `≈ ${text}`;
}

/** "Shirt (label) · |∂ score / ∂ pixel|": what was explained, as the record of this very step says. */
export function explains(
  index: RunIndex,
  series: Series,
  record: RecordAnswer | undefined,
  image: number,
): string {
  const facts = record?.facts ?? {};
  const parts: string[] = [];
  const target = (facts.targets as number[] | undefined)?.[image];
  const origin = (facts.origins as string[] | undefined)?.[image];
  if (target !== undefined) parts.push(`${className(index, target)}${origin ? ` (${origin})` : ""}`);
  if (typeof facts.channel === "number") parts.push(`channel ${facts.channel} of ${series.layer}`);
  for (const text of [facts.unit ?? series.facts.unit, facts.note])
    if (typeof text === "string") parts.push(text);
  return parts.join(" · ");
}
