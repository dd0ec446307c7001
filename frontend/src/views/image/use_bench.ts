/** What the bench shows: the picture, the class, its places, and what jobs have made for it. */

import { useEffect, useMemo } from "preact/hooks";
import type { Client } from "../../api/client";
import type { JobView, MethodCard, ResultAnswer, RunIndex } from "../../api/types";
import { useAnswer } from "../../api/use_answer";
import { benchPicture } from "../../state/bench_pictures";
import { ensureCatalogue } from "../../state/jobs";
import type { Store } from "../../state/store";
import { labelOf, shownImage } from "../records/examples";
import { asked } from "./asking";
import { type Guess, guessesAt, scoresRow, topGuesses } from "./predictions";
import { jobsOf, type Scene, weightsIn } from "./scene";
import { type Slot, slotsOf } from "./slots";
import { useResults } from "./use_results";

export interface Bench {
  index: RunIndex;
  scene: Scene;
  slots: Slot[];
  /** The map that film, inspector and sharing are of. */
  main: Slot | null;
  cards: readonly MethodCard[];
  /** Jobs on this picture with these weights, the newest first. */
  jobs: JobView[];
  results: ReadonlyMap<string, ResultAnswer>;
  /** Jobs that this page asked for. */
  asked: ReadonlySet<string>;
  guesses: Guess[];
}

const NO_CARDS: readonly MethodCard[] = [];

export function useBench(store: Store, client: Client): Bench | null {
  const index = store.a.index.value;
  const image = shownImage(store);
  const own = benchPicture.value;
  const { byId } = store.jobs.value;
  const session = store.session.value;
  // A worker has to start for it: only for who is about to ask.
  const isAbout =
    session?.jobs === true && (own !== null || store.target.value !== null || asked.value.size > 0);
  useEffect(() => {
    if (isAbout) void ensureCatalogue(store, client);
  }, [isAbout]);
  const chosen = store.target.value;
  const place: Scene | null = index && {
    ...{ run: index.name, image, own, chosen, usual: null },
    ...weightsIn(index, store.a.shown.value),
  };
  const jobs = place ? jobsOf(byId.values(), place, asked.value) : [];
  const results = useResults(client, jobs);
  const recorded = useRecorded(store, client, index, image);
  const predicted = usePredicted(client, own ? jobs : [], results);
  const guesses = own ? predicted : recorded;
  if (!index || !place) return null;
  const label = own ? null : labelOf(index, image);
  const scene = { ...place, usual: label ?? guesses[0]?.target ?? null };
  const cards = store.catalogue.value?.catalogue?.methods ?? NO_CARDS;
  const slots = slotsOf({ index, scene, jobs, cards, results, asked: asked.value });
  const main = slots.find((slot) => slot.key === store.overlay.value) ?? slots[0] ?? null;
  return { index, scene, slots, main, cards, jobs, results, asked: asked.value, guesses };
}

/** The classes that were predicted for an example at the step looked at. */
function useRecorded(store: Store, client: Client, index: RunIndex | null, image: number): Guess[] {
  const scores = useAnswer(index && client.scores(index.name, index.rev), index?.name ?? "").value;
  const row = scores ? scoresRow(scores, store.a.shown.value) : -1;
  return useMemo(() => (scores ? guessesAt(scores, row, image) : []), [scores, row, image]);
}

/** The classes that a job predicted for the picture. */
function usePredicted(
  client: Client,
  jobs: readonly JobView[],
  results: ReadonlyMap<string, ResultAnswer>,
): Guess[] {
  const job = jobs.find((one) => one.request.method === "predictions" && one.status.state === "done");
  const result = job && results.get(job.request.id);
  const record = result?.records.find((one) => one.kind === "scores");
  const ask =
    job && result && record
      ? client.jobs.arrays(job.request.id, { key: record.key, digest: result.digest })
      : null;
  const arrays = useAnswer(ask, job?.request.id ?? "").value;
  return useMemo(() => {
    const { scores, probabilities } = arrays?.tensors ?? {};
    return scores ? topGuesses(scores.data, probabilities?.data ?? null, 5) : [];
  }, [arrays]);
}
