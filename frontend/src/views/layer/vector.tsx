/** A layer without positions: one number a channel, as bars, or as cells when there are many. */

import { paintAtlas } from "../../draw/grid_pixels";
import { exactText } from "../../draw/number_text";
import { valueAt } from "../../draw/pictures";
import { openUnit } from "../../state/store";
import { PictureGrid } from "../../ui/picture_grid";
import type { SceneProps } from "./activation_body";
import { pointed } from "./use_layer";

const MOST_BARS = 64;

export function Vector({ store, look, scene, dim, drawn }: SceneProps) {
  const { pictures } = scene;
  const order = look.order.filter((channel) => channel < pictures.count);
  const select = (channel: number): void => {
    store.channel.value = channel;
  };
  if (order.length <= MOST_BARS) {
    const props = { order, select, selected: look.selected, dim };
    return <Bars {...props} name={(channel) => nameOf(look.index, order.length, channel)} scene={scene} />;
  }
  return (
    <PictureGrid
      label={`${order.length} channels of ${look.name}`}
      order={order}
      picture={pictures}
      atlas={(some, columns) => paintAtlas(pictures, some, columns, scene.colouring)}
      text={(channel) => ({ left: String(channel), right: "", tone: "plain" })}
      says={(channel) => `channel ${channel}: ${exactText(valueAt(pictures, channel, 0, 0))}`}
      selected={look.selected}
      onSelect={select}
      onOpen={(channel) => openUnit(store, look.name, channel)}
      onPoint={(point) => {
        pointed.value = point;
      }}
      version={scene}
      theme={store.theme.value}
      dim={dim}
      drawn={drawn}
      bare
    />
  );
}

/** A class's name where the layer has one channel a class. */
function nameOf(index: SceneProps["look"]["index"], count: number, channel: number): string {
  const names = index.examples?.class_names;
  return names?.length === count ? `${channel} ${names[channel]}` : String(channel);
}

interface BarsProps {
  order: number[];
  scene: SceneProps["scene"];
  name: (channel: number) => string;
  selected: number | null;
  select: (channel: number) => void;
  dim: boolean;
}

function Bars({ order, scene, name, selected, select, dim }: BarsProps) {
  const range = scene.colouring.shared ?? { low: 0, high: 0 };
  const span = range.high - range.low || 1;
  const zero = ((0 - range.low) / span) * 100;
  return (
    <ul class={dim ? "vector dim" : "vector"} aria-label="one number a channel">
      {order.map((channel) => {
        const value = valueAt(scene.pictures, channel, 0, 0);
        const place = ((value - range.low) / span) * 100;
        const style = { left: `${Math.min(zero, place)}%`, width: `${Math.abs(place - zero)}%` };
        return (
          <li key={channel}>
            <button
              type="button"
              class={channel === selected ? "on" : ""}
              aria-pressed={channel === selected}
              onClick={() => select(channel)}
            >
              <span class="clip">{name(channel)}</span>
              <span class="track">
                <i style={style} />
              </span>
              <span class="r">{exactText(value)}</span>
            </button>
          </li>
        );
      })}
    </ul>
  );
}
