/** One channel of one example: over the input, its numbers, and what it did over the steps. */

import { useMemo } from "preact/hooks";
import type { Channels, Maps, Series } from "../../api/types";
import { sharedRange } from "../../draw/grid_pixels";
import { percentText, valueText } from "../../draw/number_text";
import type { Store } from "../../state/store";
import { CurveChart } from "../../ui/curve_chart";
import { ScaleBar } from "../../ui/scale_bar";
import { Slider } from "../../ui/slider";
import { StepNote } from "../../ui/step_note";
import { colourMapOf } from "../records/colouring";
import { examplePixels, fitted, shownImage, useExamples } from "../records/examples";
import { picturesOf } from "../records/pictures_of";
import { useMaps } from "../records/use_maps";
import type { ViewProps } from "../view";
import { numbersOf } from "./activation_cells";
import { deadSince, healthOf, overSteps, rowAt } from "./channel_health";
import { ChannelMap, channelPixels, spotPlace, spotText, useChannelValues } from "./channel_map";
import { OpenUnit } from "./open_unit";
import { UnitAction } from "./unit_action";
import { type LayerLook, spot } from "./use_layer";

const WIDTH = 252;

export interface InspectorProps extends ViewProps {
  look: LayerLook;
  series: Series;
  channel: number;
}

export function ChannelInspector(props: InspectorProps) {
  const { store, client, look, series, channel } = props;
  const image = shownImage(store);
  const maps = useMaps(client, store.a, series, { image });
  const rank = look.order.indexOf(channel);
  return (
    <>
      <div class="row">
        <h1>Channel {channel}</h1>
        {store.sort.value !== "index" && (
          <span class="t nowrap" title={`rank ${rank + 1} of ${look.order.length} in this order`}>
            {rank + 1} / {look.order.length}
          </span>
        )}
        <span class="grow" />
        <button
          type="button"
          class="btn q"
          aria-pressed={store.zoom.value}
          onClick={() => {
            store.channel.value = channel;
            store.zoom.value = !store.zoom.value;
          }}
        >
          Large <kbd>z</kbd>
        </button>
        <OpenUnit store={store} look={look} channel={channel} />
      </div>
      {maps.value && channel < maps.value.low.length && (
        <Over {...props} maps={maps.value} dim={maps.pending} image={image} />
      )}
      <UnitAction store={store} client={client} look={look} channel={channel} />
      {look.channels && <History store={store} channels={look.channels} channel={channel} look={look} />}
    </>
  );
}

function Over({
  store,
  client,
  look,
  series,
  channel,
  maps,
  dim,
  image,
}: InspectorProps & { maps: Maps; dim: boolean; image: number }) {
  const examples = useExamples(client, store.a);
  const base = useMemo(
    () => examplePixels(examples, image, store.grey.value),
    [examples, image, store.grey.value],
  );
  const colourMap = colourMapOf(store, series.facts.signed === true);
  const gamma = store.gamma.value;
  const isShared = store.range.value === "shared";
  const opacity = base ? store.opacity.value : 1;
  const isBroken = (maps.nonfinite?.[channel] ?? 0) > 0;
  const values = useChannelValues(client, store, series, maps, channel);
  const map = useMemo(() => {
    const pictures = picturesOf(maps);
    const shared = isShared ? sharedRange(pictures, colourMap) : null;
    const colouring = { colourMap, gamma, shared };
    // Codes cannot say where the broken values are.
    if (isBroken && values) return channelPixels(values.pictures, values.channel, colouring, opacity);
    return channelPixels(pictures, channel, colouring, opacity);
  }, [maps, channel, colourMap, gamma, isShared, opacity, isBroken, isBroken ? values?.pictures : null]);
  const place = values ? spotPlace(values.pictures, spot.value) : "under the cursor";
  const value = values ? spotText(values.pictures, values.channel, spot.value) : "–";
  const { max, mean, zeros } = numbersOf(maps, channel);
  const broken = maps.nonfinite?.[channel] ?? 0;
  const isVector = map.width * map.height === 1;
  return (
    <>
      {!isVector && (
        <div class="over">
          <ChannelMap
            map={map}
            base={base}
            size={fitted(base ?? map, WIDTH)}
            label={`channel ${channel} over image ${image}`}
            says={`${place}: ${value}`}
            dim={dim}
          />
        </div>
      )}
      <p class="cap row">
        <span class="clip">
          <b>
            {look.name} {channel}
          </b>{" "}
          {isVector ? "for" : "over"} image {maps.facts.image ?? image}
        </span>
        <StepNote
          shown={maps.facts.step}
          wanted={store.a.shown.value}
          source={maps.facts.source}
          problems={maps.facts.problems}
        />
      </p>
      <div class="kv">
        {!isVector && (
          <>
            <span>{place}</span>
            <b>{value}</b>
          </>
        )}
        <span>{isVector ? "value" : "max · mean · zeros"}</span>
        <span>{isVector ? max : `${max} · ${mean} · ${zeros}`}</span>
      </div>
      {broken > 0 && <p class="bad">▲ {broken} values are NaN or infinite</p>}
      {!isVector && (
        <div class="row over-foot">
          <ScaleBar colourMap={colourMap} range={map.range} gamma={gamma} />
          <span class="grow" />
          {base && <OpacitySlider store={store} label="Overlay" />}
        </div>
      )}
    </>
  );
}

export function OpacitySlider({ store, label }: { store: Store; label: string }) {
  const opacity = store.opacity.value;
  return (
    <Slider
      label={label}
      value={opacity}
      low={0}
      high={1}
      step={0.05}
      text={`${Math.round(opacity * 100)} %`}
      onChange={(value) => {
        store.opacity.value = value;
      }}
    />
  );
}

export function History({
  store,
  channels,
  channel,
  look,
}: {
  store: Store;
  channels: Channels;
  channel: number;
  look: Pick<LayerLook, "index">;
}) {
  const row = rowAt(channels, store.a.shown.value);
  const shown = channels.steps[row] ?? null;
  const count = look.index.examples?.count;
  const series = useMemo(
    () => [
      { name: "mean", values: overSteps(channels, "mean", channel), strong: true },
      { name: "max", values: overSteps(channels, "max", channel), dash: "4 2" },
    ],
    [channels, channel],
  );
  const zeros = useMemo(
    () => [{ name: "zeros", values: overSteps(channels, "zeros", channel) }],
    [channels, channel],
  );
  const goTo = (step: number): void => {
    store.a.step.value = step;
  };
  const common = { steps: channels.steps, shown, onStep: goTo, width: WIDTH };
  return (
    <>
      <Death channels={channels} row={row} channel={channel} goTo={goTo} />
      <div class="sec">
        <CurveChart
          {...common}
          title="Activation over steps"
          series={series}
          height={68}
          text={valueText}
          note={count ? `all ${count} examples` : undefined}
        />
      </div>
      <div class="sec">
        <CurveChart
          {...common}
          title="Zeros over steps"
          series={zeros}
          height={48}
          bounds={{ low: 0, high: 1 }}
          text={percentText}
        />
      </div>
    </>
  );
}

/** Whether the channel is dead at the step looked at, and since when. */
function Death({
  channels,
  row,
  channel,
  goTo,
}: {
  channels: Channels;
  row: number;
  channel: number;
  goTo: (step: number) => void;
}) {
  const health = healthOf(channels, row, channel);
  const since = deadSince(channels, row, channel);
  if (health === "alive") return null;
  if (health === "not finite") return <p class="bad death">▲ NaN or infinite values at this step</p>;
  if (health === "nearly dead" || since === null)
    return <p class="warn death">▲ nearly dead: over 99 % zeros on all examples</p>;
  const always = since === channels.steps[0];
  return (
    <p class="bad death">
      ▲ dead {always ? "at every capture so far, from " : "since "}
      <button type="button" class="link" onClick={() => goTo(since)}>
        step {since}
      </button>
      : zero everywhere, on all examples
    </p>
  );
}
