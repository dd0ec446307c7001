/** One channel, as large as the room allows. */

import { useMemo } from "preact/hooks";
import { canvasOf } from "../../draw/canvas";
import { shapeText } from "../../draw/number_text";
import { ScaleBar } from "../../ui/scale_bar";
import { StepNote } from "../../ui/step_note";
import { useSize } from "../../ui/use_size";
import type { SceneProps } from "./activation_body";
import { numbersOf } from "./activation_cells";
import { ChannelMap, channelPixels, spotPlace, spotText, useChannelValues } from "./channel_map";
import { channelBeside, spot } from "./use_layer";

const FOOT = 34;

export function ChannelZoom({ store, client, look, scene, dim, drawn }: SceneProps) {
  const [box, size] = useSize<HTMLDivElement>();
  const { maps, pictures, colouring } = scene;
  const channel = Math.min(look.selected ?? 0, pictures.count - 1);
  const map = useMemo(() => channelPixels(pictures, channel, colouring, 1), [pictures, channel, colouring]);
  const exact = useChannelValues(client, store, look.tab?.series ?? null, maps, channel);
  const values = exact ?? { pictures, channel };
  drawn.current = () => {
    const scale = Math.max(1, Math.floor(512 / Math.max(map.width, map.height)));
    const paper = document.createElement("canvas");
    paper.width = map.width * scale;
    paper.height = map.height * scale;
    const context = paper.getContext("2d");
    if (!context) return null;
    context.imageSmoothingEnabled = false;
    context.drawImage(canvasOf(map.pixels, map.width, map.height), 0, 0, paper.width, paper.height);
    return paper;
  };
  const go = (by: number): void => {
    store.channel.value = channelBeside(look, by);
  };
  const { max, mean, zeros } = numbersOf(maps, channel);
  const place = spotPlace(values.pictures, spot.value);
  const value = spotText(values.pictures, values.channel, spot.value);
  return (
    <div class="zoom" ref={box}>
      {size && (
        <ChannelMap
          map={map}
          base={null}
          size={roomFor(map, { width: size.width, height: size.height - FOOT })}
          label={`channel ${channel} of ${look.name}`}
          says={`${place}: ${value}`}
          dim={dim}
        />
      )}
      <div class="row zoom-foot">
        <button
          type="button"
          class="btn"
          onClick={() => {
            store.zoom.value = false;
          }}
        >
          All channels <kbd>Esc</kbd>
        </button>
        <button type="button" class="btn q" aria-label="channel before" onClick={() => go(-1)}>
          ‹
        </button>
        <b>Channel {channel}</b>
        <button type="button" class="btn q" aria-label="next channel" onClick={() => go(1)}>
          ›
        </button>
        <StepNote
          shown={maps.facts.step}
          wanted={store.a.shown.value}
          source={maps.facts.source}
          problems={maps.facts.problems}
        />
        <span class="cap">
          {shapeText([map.height, map.width])} · max {max} · mean {mean} · zeros {zeros}
        </span>
        <span class="grow" />
        <span class="nowrap s">
          {place} <b class="value">{value}</b>
        </span>
        <ScaleBar colourMap={colouring.colourMap} range={map.range} gamma={colouring.gamma} />
      </div>
    </div>
  );
}

/** The largest size of a picture's aspect that fits; whole multiples of its pixels where there is room for one. */
function roomFor(picture: { width: number; height: number }, room: { width: number; height: number }) {
  const scale = Math.min(room.width / picture.width, Math.max(80, room.height) / picture.height);
  const whole = scale >= 2 ? Math.floor(scale) : scale;
  return { width: Math.round(picture.width * whole), height: Math.round(picture.height * whole) };
}
