/** What the unit does on the pinned images: its map over each, all in one range. */

import { useMemo } from "preact/hooks";
import type { Maps, Series } from "../../api/types";
import { isDiverging } from "../../draw/colour_map";
import { countText, valueText } from "../../draw/number_text";
import { commonRange, drawnRange, type ValueRange } from "../../draw/value_range";
import { resolve } from "../../state/steps";
import { Failed } from "../../ui/panel_state";
import { PixelCanvas, type Pixels } from "../../ui/pixel_canvas";
import { ScaleBar } from "../../ui/scale_bar";
import { StepNote } from "../../ui/step_note";
import { channelPixels } from "../layer/channel_map";
import { colourMapOf } from "../records/colouring";
import { examplePixels, exampleTitle, fitted, useExamples } from "../records/examples";
import { picturesOf } from "../records/pictures_of";
import { numberFact, seriesOf } from "../records/series";
import { useAll } from "../records/use_all";
import { mapsArguments } from "../records/use_maps";
import type { ViewProps } from "../view";
import { SideKey, titleOf } from "./pair";
import type { UnitLook } from "./use_unit";

const SIDE = 104;
const MOST = 24;

interface Props extends ViewProps {
  look: UnitLook;
}

export function Pinned(props: Props) {
  const { look } = props;
  const series = seriesOf(look.index, "feature_maps", look.name)[0];
  if (series) return <Recorded {...props} series={series} />;
  return (
    <section class="unit-band" aria-label={titleOf(look.side, "activation on the pinned images")}>
      <h2>Activation on the pinned images</h2>
      <p class="cap">
        not recorded for {look.name}: <code>cnnviz.method("activations", layers=["{look.name}"])</code>
      </p>
    </section>
  );
}

function Recorded({ store, client, look, series }: Props & { series: Series }) {
  const { index, name, channel } = look;
  const examples = useExamples(client, look.side);
  const capture = resolve(index, series, look.side.shown.value);
  const kept = Math.min(
    numberFact(series, "examples") ?? Number.POSITIVE_INFINITY,
    index.examples?.count ?? 0,
  );
  const count = Math.min(kept, MOST);
  const asks = capture
    ? Array.from({ length: count }, (_, image) =>
        client.maps(mapsArguments(index.name, series, capture, { image, channel })),
      )
    : [];
  const { values, pending, error, retry } = useAll(asks, [index.name, series.key, channel].join("|"));
  const colourMap = colourMapOf(store, series.facts.signed === true);
  const gamma = store.gamma.value;
  const there = values.filter((maps) => maps !== undefined);
  const range = rangeOf(there, isDiverging(colourMap));
  const [first] = there;
  const facts = first?.facts;
  const isVector = first !== undefined && sizeOf(first) === 1;
  const opacity = store.opacity.value;
  return (
    <section class="unit-band" aria-label={titleOf(look.side, "activation on the pinned images")}>
      <div class="row cap">
        <SideKey store={store} side={look.side} />
        <h2>Activation on the pinned images</h2>
        <span>
          {isVector ? "" : "map over input, one range for all"}
          {count < (index.examples?.count ?? 0) &&
            ` · first ${count} of ${countText(index.examples?.count ?? 0)}`}
        </span>
        <span class="grow" />
        {!isVector && first && <ScaleBar colourMap={colourMap} range={range} gamma={gamma} />}
        {facts && (
          <StepNote
            shown={facts.step}
            wanted={look.side.shown.value}
            source={facts.source}
            problems={facts.problems}
          />
        )}
      </div>
      {!capture && <p class="cap">First recorded later than the step looked at.</p>}
      {error && <Failed error={error} retry={retry} />}
      <ol
        class={pending ? "pinned dim" : "pinned"}
        aria-label={`channel ${channel} of ${name} on each image`}
      >
        {values.map((maps, image) => (
          <li key={image}>
            <button
              type="button"
              class="pinned-cell"
              title="open in the Image view"
              onClick={() => {
                store.image.value = image;
                store.view.value = "image";
              }}
            >
              <Over
                base={examplePixels(examples, image, store.grey.value && !isVector)}
                maps={isVector ? undefined : maps}
                drawing={{ colourMap, gamma, shared: range, opacity }}
              />
              <span class="patch-text">
                <span class="clip">{exampleTitle(index, image)}</span>
                <span>{maps ? valueText(maps.high[0] ?? Number.NaN) : ""}</span>
              </span>
            </button>
          </li>
        ))}
      </ol>
    </section>
  );
}

interface OverProps {
  base: Pixels | null;
  maps: Maps | undefined;
  drawing: Parameters<typeof channelPixels>[2] & { opacity: number };
}

/** The map, stretched over the picture. */
function Over({ base, maps, drawing }: OverProps) {
  const { colourMap, gamma, shared, opacity } = drawing;
  const map = useMemo(
    () =>
      maps ? channelPixels(picturesOf(maps), 0, { colourMap, gamma, shared }, base ? opacity : 1) : null,
    [maps, colourMap, gamma, shared?.low, shared?.high, opacity, base === null],
  );
  const size = fitted(base ?? map ?? { width: 1, height: 1 }, SIDE);
  return (
    <span class="stacked" style={{ width: `${size.width}px`, height: `${size.height}px` }}>
      {base && <PixelCanvas {...base} size={size} label="" />}
      {map && <PixelCanvas {...map} size={size} label="" />}
    </span>
  );
}

function sizeOf({ shape }: Maps): number {
  return shape.slice(1).reduce((product, side) => product * side, 1);
}

function rangeOf(maps: readonly Maps[], diverging: boolean): ValueRange {
  const all = commonRange(
    maps.map(({ low }) => low[0] ?? Number.NaN),
    maps.map(({ high }) => high[0] ?? Number.NaN),
  );
  return drawnRange(all, diverging);
}
