/** How often neighbours have the label of the image asked about: by features and by pixels, over the steps. */

import { useEffect, useState } from "preact/hooks";
import type { Client } from "../../api/client";
import { percentText } from "../../draw/number_text";
import { captures } from "../../state/steps";
import { CurveChart } from "../../ui/curve_chart";
import { spread } from "../../ui/film_strip";
import type { ViewProps } from "../view";
import type { Scene } from "./use_scene";

export interface Agreement {
  k: number;
  feature: number | null;
  pixel: number | null;
  queries: number | null;
}

/** What a record's facts say; null where there are no labels. */
export function agreementOf(facts: Readonly<Record<string, unknown>>): Agreement | null {
  const said = facts.agreement as Record<string, unknown> | null | undefined;
  if (typeof said !== "object" || said === null || typeof said.k !== "number") return null;
  const number = (value: unknown) => (typeof value === "number" ? value : null);
  const feature = number(said[facts.metric === "l2" ? "feature_l2" : "feature"]);
  return { k: said.k, feature, pixel: number(said.pixel), queries: number(said.queries) };
}

const MOST_STEPS = 24;
const WIDTH = 176;
const HEIGHT = 76;
const known = new Map<string, Agreement | null>();

export function AgreementCurve({ store, client, scene }: ViewProps & { scene: Scene }) {
  const now = agreementOf(scene.facts);
  const curve = useCurve(client, scene);
  if (!now || now.feature === null) return null;
  const percent = (value: number | null) => (value === null ? "not known" : percentText(value));
  return (
    <div class="side-sec">
      <h2>Neighbours that share the label</h2>
      <dl class="kv" aria-label={`of the ${now.k} nearest`}>
        <dt>by features</dt>
        <dd>
          <b>{percent(now.feature)}</b>
        </dd>
        <dt>by pixels</dt>
        <dd>{percent(now.pixel)}</dd>
      </dl>
      <p class="cap">
        of the {now.k} nearest{now.queries !== null && `, mean over ${now.queries} images`}
      </p>
      {curve.steps.length > 1 && (
        <CurveChart
          title={`k = ${now.k}`}
          steps={curve.steps}
          series={[
            { name: "features", values: curve.feature, strong: true },
            { name: "pixels", values: curve.pixel, dash: "3 2" },
          ]}
          shown={scene.capture?.step ?? null}
          onStep={(step) => {
            store.a.step.value = step;
          }}
          width={WIDTH}
          height={HEIGHT}
          bounds={{ low: 0, high: 1 }}
          text={percentText}
        />
      )}
    </div>
  );
}

/** The facts of each capture of the series, fetched one after the other. */
function useCurve(client: Client, { index, source }: Scene) {
  const [, setCount] = useState(0);
  const all = source.kind === "series" ? captures(index, source.series, null) : [];
  const some = spread(all, MOST_STEPS);
  const wanted = some.map(({ digest }) => `${digest}|${source.key}`);
  useEffect(() => {
    const controller = new AbortController();
    const run = async (): Promise<void> => {
      for (const [at, { step, digest }] of some.entries()) {
        const name = wanted[at] as string;
        if (known.has(name)) continue;
        const answer = await client.record(
          { run: index.name, step, key: source.key, digest },
          controller.signal,
        );
        known.set(name, agreementOf(answer.facts));
        setCount((count) => count + 1);
      }
    };
    run().catch(() => undefined);
    return () => controller.abort();
  }, [wanted.join()]);
  const here = some.flatMap(({ step }, at) => {
    const agreement = known.get(wanted[at] as string);
    return agreement ? [{ step, ...agreement }] : [];
  });
  return {
    steps: here.map((one) => one.step),
    feature: here.map((one) => one.feature ?? Number.NaN),
    pixel: here.map((one) => one.pixel ?? Number.NaN),
  };
}
