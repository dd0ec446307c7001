/** "Units that fire for these": channels that answer most to the chosen images, layer by layer. */

import { useEffect, useState } from "preact/hooks";
import type { UnitsAnswer } from "../../api/contract";
import { resolve } from "../../state/steps";
import { openUnit } from "../../state/store";
import { StepNote } from "../../ui/step_note";
import type { ViewProps } from "../view";
import { reactingSeries, type Scene } from "./use_scene";

const MOST = 6;

interface Asked {
  layer: string;
  step: number;
  answer: UnitsAnswer | null;
  error: string;
}

interface Props extends ViewProps {
  scene: Scene;
  chosen: Uint8Array;
}

export function FiringUnits({ store, client, scene, chosen }: Props) {
  const asked = useUnits({ store, client, scene, chosen });
  const count = chosen.reduce((sum, one) => sum + one, 0);
  return (
    <section class="firing" aria-label="units that fire for these">
      <h1>Units that fire for these</h1>
      <p class="cap">
        {count} images; how many standard deviations a channel's largest activation lies above its mean
      </p>
      {asked.map(({ layer, step, answer, error }) => (
        <div class="sec" key={layer}>
          <div class="row">
            <h2 class="clip">{layer}</h2>
            <span class="grow" />
            <StepNote shown={step} wanted={store.a.shown.value} />
          </div>
          {error && <p class="bad cap">▲ {error}</p>}
          <ul class="unit-rows">
            {answer?.units.slice(0, MOST).map(({ channel, contrast }) => (
              <li key={channel}>
                <button
                  type="button"
                  class="plain"
                  onClick={() => openUnit(store, layer, channel)}
                  title="Open its page"
                >
                  channel {channel}
                </button>
                <i style={{ width: `${Math.min(100, Math.max(0, contrast) * 33)}%` }} />
                <span>{`${contrast < 0 ? "−" : "+"}${Math.abs(contrast).toFixed(1)} σ`}</span>
              </li>
            ))}
          </ul>
        </div>
      ))}
      {asked.length === 0 && (
        <p class="cap">No top patches are recorded at this step: methods=["top_patches", …]</p>
      )}
    </section>
  );
}

function useUnits({ store, client, scene, chosen }: Props): Asked[] {
  const { index, subjects } = scene;
  const step = store.a.shown.value;
  const wanted = reactingSeries(index, subjects.dataset).flatMap((series) => {
    const capture = resolve(index, series, step);
    return capture ? [{ series, capture }] : [];
  });
  const name = wanted.map(({ series, capture }) => `${series.key}|${capture.digest}`).join();
  const [answers, setAnswers] = useState<ReadonlyMap<string, UnitsAnswer | Error>>(new Map());
  useEffect(() => {
    const controller = new AbortController();
    setAnswers(new Map());
    const keep = (key: string, answer: UnitsAnswer | Error): void => {
      if (!controller.signal.aborted) setAnswers((before) => new Map(before).set(key, answer));
    };
    const run = async (): Promise<void> => {
      for (const { series, capture } of wanted) {
        const held = { run: index.name, step: capture.step, key: series.key, digest: capture.digest };
        try {
          keep(series.key, await client.layouts.units(held, chosen, controller.signal));
        } catch (error) {
          keep(series.key, error instanceof Error ? error : new Error(String(error)));
        }
      }
    };
    void run();
    return () => controller.abort();
  }, [name, chosen]);
  return wanted.map(({ series, capture }) => {
    const answer = answers.get(series.key);
    return {
      layer: series.layer ?? series.key,
      step: capture.step,
      answer: answer instanceof Error || !answer ? null : answer,
      error: answer instanceof Error ? answer.message : "",
    };
  });
}
