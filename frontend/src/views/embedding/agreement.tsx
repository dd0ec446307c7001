/** How often neighbours have the label of the image asked about: by features and by pixels, over the steps. */

import { useEffect, useState } from "preact/hooks";
import type { Client } from "../../api/client";
import { countText, percentText } from "../../draw/number_text";
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

/** Label agreement of the k nearest, for several k. */
export interface OverK {
  k: number[];
  feature: number[];
  pixel: number[] | null;
}

/** The curve over k that a record's facts hold; null in records without one. */
export function overK(facts: Readonly<Record<string, unknown>>): OverK | null {
  const curve = recordOf(recordOf(facts.agreement)?.curve);
  const k = numbers(curve?.k);
  const feature = numbers(curve?.[facts.metric === "l2" ? "feature_l2" : "feature"]);
  const pixel = numbers(curve?.pixel);
  if (!k || k.length < 2 || feature?.length !== k.length) return null;
  return { k, feature, pixel: pixel?.length === k.length ? pixel : null };
}

function recordOf(value: unknown): Record<string, unknown> | null {
  return typeof value === "object" && value !== null ? (value as Record<string, unknown>) : null;
}

function numbers(value: unknown): number[] | null {
  if (!Array.isArray(value)) return null;
  return value.map((one) => (typeof one === "number" ? one : Number.NaN));
}

/** The tens of percent that hold all shares. */
export function shareBounds(series: readonly ArrayLike<number>[]): { low: number; high: number } {
  const all = series.flatMap((one) => Array.from(one).filter(Number.isFinite));
  if (all.length === 0) return { low: 0, high: 1 };
  const low = Math.min(0.9, Math.floor(10 * Math.min(...all)) / 10);
  return { low, high: Math.min(1, Math.max(low + 0.1, Math.ceil(10 * Math.max(...all)) / 10)) };
}

const WIDE = 248;

/** How agreement falls with k, by features and by pixels, at the step shown. */
export function AgreementOverK({ scene }: { scene: Scene }) {
  const curve = overK(scene.facts);
  const said = agreementOf(scene.facts);
  if (!curve) return null;
  const series = [
    { name: "features", values: curve.feature, strong: true },
    ...(curve.pixel ? [{ name: "pixels", values: curve.pixel, dash: "3 2" }] : []),
  ];
  return (
    <section class="sec over-k" aria-label="label agreement over k">
      <CurveChart
        title="Neighbours that share the label"
        axis="k"
        steps={curve.k}
        series={series}
        shown={said?.k ?? null}
        width={WIDE}
        height={84}
        bounds={shareBounds(series.map((one) => one.values))}
        text={percentText}
      />
      {said?.queries != null && (
        <p class="cap">
          mean over {countText(said.queries)} images
          {scene.capture && ` · step ${scene.capture.step}`}
        </p>
      )}
    </section>
  );
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
          bounds={shareBounds([curve.feature, curve.pixel])}
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
