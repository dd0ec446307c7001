/** One heatmap at many steps, over the example, each in its own range. */

import { useMemo } from "preact/hooks";
import type { Client } from "../../api/client";
import type { RunIndex, Series } from "../../api/types";
import { useAnswer } from "../../api/use_answer";
import { composite } from "../../draw/heatmap";
import { captures, resolve } from "../../state/steps";
import type { Store } from "../../state/store";
import { FilmStrip, spread } from "../../ui/film_strip";
import { Failed } from "../../ui/panel_state";
import type { Pixels } from "../../ui/pixel_canvas";
import { useSize } from "../../ui/use_size";
import { colourMapOf } from "../records/colouring";
import { stripPictures } from "../records/pictures_of";
import { mainArray, seriesTitle } from "../records/series";
import { coloured, sigmaOf, smoothedPictures } from "./heatmap_of";

const SIDE = 66;
const PITCH = SIDE + 4;

interface Props {
  store: Store;
  client: Client;
  index: RunIndex;
  series: Series;
  image: number;
  base: Pixels | null;
}

export function HeatmapFilm({ store, client, index, series, image, base }: Props) {
  const [box, size] = useSize<HTMLDivElement>();
  const all = captures(index, series, null);
  const some = spread(all, Math.max(2, Math.floor(((size?.width ?? 0) + 4) / PITCH)));
  const steps = some.map((one) => one.step);
  const what = { run: index.name, rev: index.rev, key: series.key, array: mainArray(series) };
  const answer = useAnswer(
    size && client.strip({ ...what, image, steps }),
    [index.name, series.key, image].join("|"),
  );
  const signed = series.facts.signed === true;
  const colourMap = colourMapOf(store, signed);
  const [gamma, percent] = [store.gamma.value, store.percent.value];
  const opacity = store.bare.value ? 0 : store.opacity.value;
  const pictures = useMemo(() => answer.value && stripPictures(answer.value), [answer.value]);
  const sigma = sigmaOf(store, pictures ?? null, signed);
  const smooth = useMemo(() => pictures && smoothedPictures(pictures, sigma), [pictures, sigma]);
  const frames = useMemo(() => {
    if (!answer.value || !smooth) return [];
    const fits = base?.width === smooth.width && base.height === smooth.height;
    return answer.value.steps.map((step, at) => {
      const map = coloured(smooth, at, { colourMap, gamma, percent, opacity: fits ? opacity : 1 });
      const pixels = fits && base ? composite(base.pixels, map.pixels) : map.pixels;
      return { step, pixels, width: map.width, height: map.height, broken: map.nonfinite > 0 };
    });
  }, [answer.value, smooth, base, colourMap, gamma, percent, opacity]);
  const shown = resolve(index, series, store.a.shown.value)?.step ?? null;
  const title = `${seriesTitle(series)} over training`;
  return (
    <section class="film-box" aria-label={title}>
      <div class="row cap">
        <h2>{title}</h2>
        <span class="grow" />
        <span>
          each with its own range
          {some.length < all.length && size && ` · ${some.length} of ${all.length} steps`}
        </span>
      </div>
      <div ref={box} class="film-room">
        {answer.error && <Failed error={answer.error} retry={answer.retry} />}
        <FilmStrip
          frames={frames}
          shown={shown}
          side={SIDE}
          label={`${title}, each step`}
          onStep={(step) => {
            store.a.step.value = step;
          }}
        />
      </div>
    </section>
  );
}
