/** The pictures of the activations tab: grid, bars or one channel enlarged, and the line below them. */

import { useMemo } from "preact/hooks";
import type { Maps } from "../../api/types";
import { type Colouring, paintAtlas, sharedRange } from "../../draw/grid_pixels";
import { countText, shapeText } from "../../draw/number_text";
import type { Pictures } from "../../draw/pictures";
import { openUnit } from "../../state/store";
import { Failed, Waiting } from "../../ui/panel_state";
import { type Drawn, PictureGrid } from "../../ui/picture_grid";
import { ScaleBar } from "../../ui/scale_bar";
import { StepNote } from "../../ui/step_note";
import { colourMapOf } from "../records/colouring";
import { Later } from "../records/later";
import { picturesOf } from "../records/pictures_of";
import { type StepMaps, useMaps } from "../records/use_maps";
import type { ViewProps } from "../view";
import { cellText, channelSays } from "./activation_cells";
import { type LayerLook, pointed } from "./use_layer";
import { Vector } from "./vector";
import { ChannelZoom } from "./zoom";

export interface Scene {
  maps: Maps;
  pictures: Pictures;
  colouring: Colouring;
}

interface Props extends ViewProps {
  look: LayerLook;
  maps: StepMaps;
  image: number;
  drawn: Drawn;
}

export interface SceneProps extends ViewProps {
  look: LayerLook;
  scene: Scene;
  dim: boolean;
  drawn: Drawn;
}

export function ActivationBody({ store, client, look, maps, image, drawn }: Props) {
  const { index, tab, name } = look;
  const series = tab?.series ?? null;
  const { value, pending } = maps;
  const marked = useMarked({ store, client, look, maps, image });
  const colourMap = colourMapOf(store, series?.facts.signed === true);
  const gamma = store.gamma.value;
  const isShared = store.range.value === "shared";
  const scene = useMemo((): Scene | null => {
    if (!value) return null;
    const pictures = picturesOf(marked ?? value);
    const shared = isShared || isVector(pictures) ? sharedRange(pictures, colourMap) : null;
    return { maps: value, pictures, colouring: { colourMap, gamma, shared } };
  }, [value, marked, colourMap, gamma, isShared, look.channels]);
  if (!maps.capture && series) return <Later store={store} index={index} series={series} />;
  if (maps.error) return <Failed error={maps.error} retry={maps.retry} />;
  if (!scene) return <Waiting late={maps.late} what={`${look.order.length} channels of ${name}`} />;
  const props = { store, client, look, scene, dim: pending, drawn };
  if (store.zoom.value && !isVector(scene.pictures)) return <ChannelZoom {...props} />;
  return (
    <>
      {isVector(scene.pictures) ? <Vector {...props} /> : <Grid {...props} />}
      <Footer {...props} />
    </>
  );
}

function isVector(pictures: Pictures): boolean {
  return pictures.width * pictures.height === 1;
}

/** Exact values of the shown step where it holds NaN or infinities: codes cannot say where those are. */
function useMarked({ store, client, look, maps, image }: Omit<Props, "drawn">): Maps | undefined {
  const shown = maps.value;
  const broken = shown?.nonfinite?.some((count) => count > 0) ?? false;
  const series = broken ? look.tab?.series : null;
  const exact = useMaps(client, store.a, series, { image, exact: true }).value;
  return exact?.facts.step === shown?.facts.step ? exact : undefined;
}

function Grid({ store, look, scene, dim, drawn }: SceneProps) {
  const { pictures, maps } = scene;
  const { channels } = look;
  const order = useMemo(
    () => look.order.filter((channel) => channel < pictures.count),
    [look.order, pictures.count],
  );
  return (
    <PictureGrid
      label={`${order.length} channels of ${look.name}`}
      order={order}
      picture={pictures}
      atlas={(some, columns) => paintAtlas(pictures, some, columns, scene.colouring)}
      text={(channel) => cellText(channels, maps, channel)}
      says={(channel) => channelSays(channels, maps, channel)}
      selected={look.selected}
      onSelect={(channel) => {
        store.channel.value = channel;
      }}
      onOpen={(channel) => openUnit(store, look.name, channel)}
      onPoint={(point) => {
        pointed.value = point;
      }}
      version={scene}
      theme={store.theme.value}
      dim={dim}
      drawn={drawn}
    />
  );
}

export function Footer({ store, look, scene }: SceneProps) {
  const { maps, pictures, colouring } = scene;
  const broken = maps.nonfinite?.reduce((sum, count) => sum + count, 0) ?? 0;
  const total = look.layer?.shape[0] ?? pictures.count;
  const area = look.layer?.shape.slice(1) ?? [];
  const isSmaller = area.length === 2 && (area[0] !== pictures.height || area[1] !== pictures.width);
  return (
    <div class="row grid-foot">
      <StepNote
        shown={maps.facts.step}
        wanted={store.a.shown.value}
        source={maps.facts.source}
        problems={maps.facts.problems}
      />
      {pictures.count < total && (
        <span class="stale">
          first {pictures.count} of {total} channels
        </span>
      )}
      {isSmaller && <span class="stale">shown at {shapeText([pictures.height, pictures.width])}</span>}
      {broken > 0 && (
        <span class="bad cap">▲ {countText(broken)} values are NaN or infinite, in magenta</span>
      )}
      <span class="grow" />
      <Pointed />
      {colouring.shared ? (
        <ScaleBar colourMap={colouring.colourMap} range={colouring.shared} gamma={colouring.gamma} />
      ) : (
        <span class="cap">each map on its own range; below it its largest value</span>
      )}
    </div>
  );
}

/** What the pointer is over; alone, so that moving it draws nothing else anew. */
function Pointed() {
  const point = pointed.value;
  if (point?.row == null) return null;
  return (
    <span class="cap">
      channel {point.index} · row {point.row}, column {point.column}
    </span>
  );
}
