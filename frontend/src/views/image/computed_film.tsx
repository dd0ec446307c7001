/** A map that jobs make, at every step whose weights were kept; those that are not there yet in one click. */

import { useMemo } from "preact/hooks";
import type { Client } from "../../api/client";
import type { JobView, ResultAnswer } from "../../api/types";
import { useAnswer } from "../../api/use_answer";
import { composite } from "../../draw/heatmap";
import { checkpointSteps } from "../../state/checkpoints";
import type { Store } from "../../state/store";
import { spread } from "../../ui/film_strip";
import { PixelCanvas, type Pixels } from "../../ui/pixel_canvas";
import { useSize } from "../../ui/use_size";
import { colourMapOf } from "../records/colouring";
import { className, fitted } from "../records/examples";
import { picturesOf } from "../records/pictures_of";
import { ask, asked, sending } from "./asking";
import { coloured, sigmaOf, smoothedPictures } from "./heatmap_of";
import { whyOff } from "./missing";
import { jobsOf, pictureOf, type Scene, weightsIn } from "./scene";
import { heatmapOf, isSame, type Slot, shownJob } from "./slots";
import type { Bench } from "./use_bench";
import { useResults } from "./use_results";

const SIDE = 66;
const PITCH = SIDE + 4;

interface Props {
  store: Store;
  client: Client;
  bench: Bench;
  slot: Slot;
  base: Pixels | null;
}

/** One step of the film: the job that made, or makes, its map. */
interface Cell {
  step: number;
  scene: Scene;
  job: JobView | undefined;
}

export function ComputedFilm({ store, client, bench, slot, base }: Props) {
  const [box, size] = useSize<HTMLDivElement>();
  const { index, scene, cards } = bench;
  const all = checkpointSteps(index);
  const fit = Math.max(2, Math.floor(((size?.width ?? 0) + 4) / PITCH));
  const steps = spread(all, fit);
  const { byId } = store.jobs.value;
  const card = cards.find((one) => one.name === slot.method);
  const made = steps.map((step) => {
    const here = { ...scene, ...weightsIn(index, step) };
    const jobs = jobsOf(byId.values(), here, asked.value).filter(
      ({ request }) => request.method === slot.method && isSame(request.params, slot.params, card),
    );
    return { step, scene: here, jobs };
  });
  const results = useResults(
    client,
    made.flatMap(({ jobs }) => jobs),
  );
  const cells = made.map(({ jobs, ...cell }): Cell => {
    const job = shownJob({ jobs, params: slot.params }, cell.scene, results, asked.value);
    return { ...cell, job };
  });
  const absent = cells.filter(({ job }) => !job || job.status.state === "failed");
  const compute = async () => {
    for (const cell of absent)
      await ask(store, client, cell.scene, { ...slot, place: `film ${cell.step} ${slot.key}` });
  };
  const about = scene.chosen === null ? "" : ` for ${className(index, scene.chosen)}`;
  const isSending = [...sending.value].some((place) => place.startsWith("film "));
  if (all.length < 2) return null;
  return (
    <section class="film-box" aria-label={`${slot.title} over training`}>
      <div class="row cap">
        <h2>
          {slot.title} over training{about}
        </h2>
        <span class="grow" />
        <span>
          at kept checkpoints, each with its own range
          {steps.length < all.length && size && ` · ${steps.length} of ${all.length}`}
        </span>
        {absent.length > 0 && whyOff(store) === "" && (
          <button type="button" class="btn small" disabled={isSending} onClick={() => void compute()}>
            Compute {absent.length === cells.length ? `all ${cells.length}` : `${absent.length} more`}
          </button>
        )}
      </div>
      <div ref={box} class="film-room">
        <ol class="strip-of-steps computed" aria-label={`${slot.title} at kept checkpoints`}>
          {cells.map((cell) => (
            <Frame
              key={cell.step}
              {...{ store, client, cell, base }}
              result={cell.job && results.get(cell.job.request.id)}
            />
          ))}
        </ol>
      </div>
    </section>
  );
}

interface FrameProps extends Pick<Props, "store" | "client" | "base"> {
  cell: Cell;
  result: ResultAnswer | undefined;
}

function Frame({ store, client, cell, result, base }: FrameProps) {
  const pixels = useFrame({ store, client, cell, result, base });
  const isShown = cell.step === store.a.shown.value;
  const { width, height } = fitted(pixels ?? base ?? { width: 1, height: 1 }, SIDE);
  return (
    <li>
      <button
        type="button"
        class={isShown ? "on" : ""}
        aria-current={isShown ? "step" : undefined}
        title={`go to step ${cell.step}`}
        onClick={() => {
          store.a.step.value = cell.step;
        }}
      >
        {pixels ? (
          <PixelCanvas {...pixels} size={{ width, height }} label="" />
        ) : (
          <span class="film-empty" style={{ width: `${width}px`, height: `${height}px` }}>
            {emptyText(cell.job)}
          </span>
        )}
        <span>{cell.step}</span>
      </button>
    </li>
  );
}

function emptyText(job: JobView | undefined): string {
  if (!job) return "–";
  return job.status.state === "failed" ? "failed" : job.status.state === "done" ? "" : "…";
}

/** The frame's map over its picture, once it is there. */
function useFrame({ store, client, cell, result, base }: FrameProps): Pixels | null {
  const record = heatmapOf(result);
  const array = Object.keys(record?.arrays ?? {})[0] ?? "";
  const id = cell.job?.request.id ?? "";
  const image = cell.job ? pictureOf(cell.job.request, cell.scene) : 0;
  const ask =
    record && result ? client.jobs.maps(id, { key: record.key, array, digest: result.digest, image }) : null;
  const maps = useAnswer(ask, `${id}|${image}`).value;
  const signed = record?.facts.signed === true;
  const colourMap = colourMapOf(store, signed);
  const [gamma, percent] = [store.gamma.value, store.percent.value];
  const opacity = store.bare.value ? 0 : store.opacity.value;
  const smooth = store.smooth.value;
  return useMemo(() => {
    if (!maps) return null;
    const pictures = picturesOf(maps);
    const fits = base?.width === pictures.width && base.height === pictures.height;
    const shown = smoothedPictures(pictures, sigmaOf(store, pictures, signed));
    const map = coloured(shown, 0, { colourMap, gamma, percent, opacity: fits ? opacity : 1 });
    return fits && base ? { ...map, pixels: composite(base.pixels, map.pixels) } : map;
  }, [maps, base, colourMap, gamma, percent, opacity, smooth, signed]);
}
