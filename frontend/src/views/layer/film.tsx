/** One channel or filter at many steps, in a row under the grid. */

import { useMemo } from "preact/hooks";
import type { Client } from "../../api/client";
import type { Maps, RunIndex, Series } from "../../api/types";
import { useAnswer } from "../../api/use_answer";
import { captures, resolve } from "../../state/steps";
import type { Store } from "../../state/store";
import { FilmStrip, spread } from "../../ui/film_strip";
import { Failed } from "../../ui/panel_state";
import { ScaleBar } from "../../ui/scale_bar";
import { useSize } from "../../ui/use_size";
import { colourMapOf } from "../records/colouring";
import { mainArray } from "../records/series";
import { kernelFrames, mapFrames, withShown } from "./film_frames";

const SIDE = 60;
const PITCH = SIDE + 4;

interface Props {
  store: Store;
  client: Client;
  index: RunIndex;
  series: Series;
  channel: number;
  /** Example; null for kernels. */
  image: number | null;
  /** Bold, then the rest of the heading. */
  title: string;
  subtitle: string;
  signed: boolean;
  /** The pictures on show: their step has a frame even where the strip leaves steps out. */
  maps: Maps | undefined;
}

export function Film(props: Props) {
  const { store, client, index, series, channel, image, title, subtitle, signed, maps } = props;
  const [box, size] = useSize<HTMLDivElement>();
  const all = captures(index, series, null);
  const some = spread(all, Math.max(2, Math.floor(((size?.width ?? 0) + 4) / PITCH)));
  const steps = some.map((one) => one.step);
  const what = { run: index.name, rev: index.rev, key: series.key, array: mainArray(series) };
  const ask = size && client.strip({ ...what, image: image ?? undefined, channel, steps });
  const answer = useAnswer(ask, [index.name, series.key, image, channel].join("|"));
  const colourMap = colourMapOf(store, signed);
  const gamma = store.gamma.value;
  const rgb = series.facts.rgb === true;
  const film = useMemo(() => {
    if (!answer.value) return null;
    const colouring = { colourMap, gamma };
    const fits = maps?.facts.key === series.key && (image === null || maps.facts.image === image);
    const strip = withShown(answer.value, fits ? maps : undefined, channel);
    return series.kind === "kernels" ? kernelFrames(strip, rgb, colouring) : mapFrames(strip, colouring);
  }, [answer.value, colourMap, gamma, rgb, series, maps, channel, image]);
  const shown = resolve(index, series, store.a.shown.value)?.step ?? null;
  if (all.length < 2) return null;
  return (
    <section class="film-box" aria-label={`${title} over training`}>
      <div class="row cap">
        <span class="clip">
          <b>{title} over training</b>
          {subtitle} · one range for all steps
          {some.length < all.length && size && ` · ${some.length} of ${all.length} steps`}
        </span>
        <span class="grow" />
        {film && <ScaleBar colourMap={rgb ? "grey" : colourMap} range={film.range} gamma={gamma} />}
      </div>
      <div ref={box} class="film-room">
        {answer.error && <Failed error={answer.error} retry={answer.retry} />}
        {film && (
          <FilmStrip
            frames={film.frames}
            shown={shown}
            side={SIDE}
            label={`${title} at each step`}
            onStep={(step) => {
              store.a.step.value = step;
            }}
          />
        )}
      </div>
    </section>
  );
}
