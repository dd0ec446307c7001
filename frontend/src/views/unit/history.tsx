/** The unit's strongest activation over the steps: on the images looked through, and on the examples; and its health. */

import { useMemo } from "preact/hooks";
import { boundsOf } from "../../draw/curve";
import { valueText } from "../../draw/number_text";
import type { Store } from "../../state/store";
import { type ChartSeries, CurveChart } from "../../ui/curve_chart";
import { spread } from "../../ui/film_strip";
import { History } from "../layer/channel_inspector";
import { useAll } from "../records/use_all";
import type { ViewProps } from "../view";
import { shownColumn } from "./columns";
import { isPair } from "./pair";
import { stepped } from "./patch_sources";
import type { UnitLook } from "./use_unit";

const WIDTH = 252;
const MOST = 48;

interface Props extends ViewProps {
  look: UnitLook;
}

/** @param other the same unit in B, drawn in the same bounds. */
export function UnitHistory(props: Props & { other: UnitLook | null }) {
  const { store, look, other } = props;
  const own = useStrongest(props, look);
  const theirs = useStrongest(props, other);
  const all = [...(own?.series ?? []), ...(theirs?.series ?? [])].map(({ values }) => values);
  const bounds = boundsOf(all);
  return (
    <>
      {own && <Strongest store={store} look={look} curve={own} bounds={bounds} />}
      {other && theirs && <Strongest store={store} look={other} curve={theirs} bounds={bounds} />}
      {look.table && <History store={store} channels={look.table} channel={look.channel} look={look} />}
    </>
  );
}

interface Curve {
  steps: number[];
  series: ChartSeries[];
}

/** The strongest activation among all images at each step that has top patches; null with fewer than two. */
function useStrongest({ client }: ViewProps, look: UnitLook | null): Curve | null {
  const sources = spread(stepped(look?.sources ?? []), MOST);
  const isCurve = look !== null && sources.length > 1;
  const channel = look?.channel ?? 0;
  const asks = isCurve ? sources.map(({ held }) => client.layouts.patches(held, { channel, top: 1 })) : [];
  const { values } = useAll(asks);
  const steps = sources.map(({ step }) => step);
  const series = useMemo(() => {
    const column = (read: (at: number) => number | undefined) =>
      Float32Array.from(sources, (_, at) => read(at) ?? Number.NaN);
    return [
      { name: "strongest", values: column((at) => values[at]?.activations[0]), strong: true },
      { name: "mean", values: column((at) => values[at]?.mean?.[0]), dash: "4 2" },
    ];
  }, [steps.join(), values.map((one) => one?.activations[0]).join()]);
  return isCurve ? { steps, series } : null;
}

interface StrongestProps {
  store: Store;
  look: UnitLook;
  curve: Curve;
  bounds: { low: number; high: number };
}

function Strongest({ store, look, curve, bounds }: StrongestProps) {
  const { side } = look;
  return (
    <div class="sec">
      <CurveChart
        title={isPair(store) ? `${side.name}: strongest over steps` : "Strongest activation over steps"}
        note="all images"
        {...curve}
        shown={shownColumn(curve.steps, side.shown.value)}
        width={WIDTH}
        height={68}
        bounds={bounds}
        text={valueText}
        onStep={(step) => {
          side.step.value = step;
        }}
      />
    </div>
  );
}
