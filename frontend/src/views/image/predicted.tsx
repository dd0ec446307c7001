/** What the network says of the picture: the best classes now, and over the steps. */

import { useMemo } from "preact/hooks";
import type { Scores } from "../../api/types";
import { exactText, percentText } from "../../draw/number_text";
import { CurveChart } from "../../ui/curve_chart";
import { StepNote } from "../../ui/step_note";
import { className, labelOf } from "../records/examples";
import { stateText } from "../results/job_text";
import type { ViewProps } from "../view";
import { ask } from "./asking";
import { type Guess, guessesAt, labelOverSteps, overSteps, scoresRow } from "./predictions";
import { weightsTitle } from "./scene";
import type { Bench } from "./use_bench";

export const WIDTH = 252;
const DASHES = ["", "4 2", "1.5 2"];

/** What a job found that the network says of an own picture. */
export function OwnPredictions({ store, client, bench }: ViewProps & { bench: Bench }) {
  const { guesses, jobs, scene } = bench;
  const job = jobs.find((one) => one.request.method === "predictions");
  const wish = { place: "predictions", method: "predictions", params: {} };
  const state = job?.status.state;
  return (
    <div class="sec">
      <div class="row">
        <h2>Prediction</h2>
        <span class="grow" />
        <span class="cap">{weightsTitle(scene.weights)}</span>
      </div>
      {guesses.length > 0 ? (
        <Bars store={store} bench={bench} guesses={guesses} label={null} />
      ) : state === "failed" ? (
        <p class="warn">▲ {job?.status.message}</p>
      ) : job && state !== "cancelled" ? (
        <p class="s">{state === "done" ? "loading …" : stateText(job.status)}</p>
      ) : (
        <button type="button" class="btn" onClick={() => void ask(store, client, scene, wish)}>
          Compute now
        </button>
      )}
    </div>
  );
}

interface Props extends ViewProps {
  bench: Bench;
  scores: Scores;
  image: number;
}

export function Predictions({ store, bench, scores, image }: Props) {
  const index = store.a.index.value;
  const row = scoresRow(scores, store.a.shown.value);
  const guesses = useMemo(() => guessesAt(scores, row, image), [scores, row, image]);
  const label = labelOf(index, image);
  const step = scores.steps[row];
  const best = guesses[0];
  const isWrong = best && label !== null && best.target !== label;
  const name = (target: number) => className(index, target);
  return (
    <>
      <div class="sec">
        <div class="row">
          <h2>Prediction</h2>
          <span class="grow" />
          {step !== undefined && <StepNote shown={step} wanted={store.a.shown.value} />}
        </div>
        <Bars store={store} bench={bench} guesses={guesses} label={label} />
        {guesses.length === 0 && <p class="bad">▲ no finite score for this image</p>}
        {label !== null && (
          <p class="cap">
            label: <b>{name(label)}</b>
            {isWrong && (
              <span class="warn">
                {" "}
                ▲ not predicted,{" "}
                {percentText(scores.labelProbability[row * scores.examples + image] ?? Number.NaN)}
              </span>
            )}
          </p>
        )}
      </div>
      <Curves
        store={store}
        scores={scores}
        image={image}
        guesses={guesses}
        label={label}
        name={name}
        step={step}
      />
    </>
  );
}

interface BarsProps {
  store: ViewProps["store"];
  bench: Bench;
  guesses: readonly Guess[];
  label: number | null;
}

/** The best classes; a click asks the maps about that one. */
function Bars({ store, bench, guesses, label }: BarsProps) {
  const { index, scene } = bench;
  const hasProbabilities = guesses.some((guess) => Number.isFinite(guess.probability));
  const most = Math.max(...guesses.map((guess) => Math.abs(guess.score)), 0) || 1;
  return (
    <ul class="bars" aria-label={hasProbabilities ? "probabilities" : "scores"}>
      {guesses.map((guess) => {
        const share = hasProbabilities ? guess.probability : Math.abs(guess.score) / most;
        const isLabel = guess.target === label;
        const name = className(index, guess.target);
        const isChosen = guess.target === scene.chosen;
        return (
          <li key={guess.target}>
            <button
              type="button"
              class={isLabel || isChosen ? "clip on" : "clip"}
              aria-pressed={isChosen}
              title={isChosen ? `${name}: back to the usual class` : `${name}: explain this class`}
              onClick={() => {
                store.target.value = isChosen ? null : guess.target;
              }}
            >
              {isChosen && "▸ "}
              {name}
              {isLabel && <span class="unseen"> (label)</span>}
            </button>
            <span>
              <i class={isLabel ? "on" : ""} style={{ width: `${100 * share}%` }} />
            </span>
            <span class="r s" title={`score ${exactText(guess.score)}`}>
              {hasProbabilities ? percentText(guess.probability) : exactText(guess.score)}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

interface CurvesProps {
  store: ViewProps["store"];
  scores: Scores;
  image: number;
  guesses: Guess[];
  label: number | null;
  name: (target: number) => string;
  step: number | undefined;
}

/** The label's probability, and those of the classes that lead now. */
function Curves({ store, scores, image, guesses, label, name, step }: CurvesProps) {
  const others = guesses.filter((guess) => guess.target !== label).slice(0, 3);
  const names = others.map((guess) => guess.target).join();
  const series = useMemo(() => {
    const lines = others.map((guess, place) => ({
      name: name(guess.target),
      values: overSteps(scores, image, guess.target),
      dash: DASHES[place] ?? "",
    }));
    const own = { values: label === null ? null : labelOverSteps(scores, image), strong: true };
    return own.values && label !== null
      ? [{ name: name(label), values: own.values, strong: true }, ...lines]
      : lines;
  }, [scores, image, label, names]);
  const hasValues = series.some((line) => line.values.some(Number.isFinite));
  const hasGaps = series.some((line) => !line.values.every(Number.isFinite));
  if (!hasValues || scores.steps.length < 2) return null;
  return (
    <div class="sec">
      <CurveChart
        title="Prediction over steps"
        steps={scores.steps}
        series={series}
        shown={step ?? null}
        width={WIDTH}
        height={98}
        bounds={{ low: 0, high: 1 }}
        text={percentText}
        onStep={(to) => {
          store.a.step.value = to;
        }}
      />
      {hasGaps && <p class="cap">gaps: not among the best {scores.top}</p>}
    </div>
  );
}
