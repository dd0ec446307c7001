/** A record's pictures at the step looked at, with its neighbours fetched ahead. */

import { useEffect } from "preact/hooks";
import type { Client, MapsArguments } from "../../api/client";
import { fetchAhead } from "../../api/prefetch";
import type { Maps, Series } from "../../api/types";
import { type Answer, useAnswer } from "../../api/use_answer";
import { type Capture, neighbours, resolve } from "../../state/steps";
import type { Side } from "../../state/store";
import { mainArray } from "./series";

export interface MapsOptions {
  /** Example; left out for kernels. */
  image?: number | undefined;
  channel?: number | undefined;
  exact?: boolean | undefined;
  /** Fetch the steps around as well. */
  ahead?: boolean | undefined;
}

export interface StepMaps extends Answer<Maps> {
  /** What the step looked at resolves to; null when the series begins later, or there is none. */
  capture: Capture | null;
}

/** Ask for `series` at the step of `side`; null asks for nothing. */
export function useMaps(
  client: Client,
  side: Side,
  series: Series | null | undefined,
  options: MapsOptions = {},
): StepMaps {
  const index = side.index.value;
  const capture = index && series ? resolve(index, series, side.shown.value) : null;
  const ask = (at: Capture) => client.maps(mapsArguments(index?.name ?? "", series as Series, at, options));
  const { image, channel, exact, ahead } = options;
  const identity = [index?.name, series?.key, image, channel, exact].join("|");
  const answer = useAnswer(capture && ask(capture), identity);
  const settled = capture && answer.value && !answer.pending ? capture.position : null;
  useEffect(() => {
    if (!ahead || settled === null || !index || !series) return;
    return fetchAhead(neighbours(index, series, settled).map(ask));
  }, [settled, identity, ahead]);
  return { ...answer, capture };
}

export function mapsArguments(run: string, series: Series, at: Capture, options: MapsOptions): MapsArguments {
  const { image, channel, exact } = options;
  const { step, digest } = at;
  return { run, step, digest, key: series.key, array: mainArray(series), image, channel, exact };
}
