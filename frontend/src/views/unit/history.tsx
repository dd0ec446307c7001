/** The unit's strongest activation over the steps: on the images looked through, and on the examples; and its health. */

import { useMemo } from "preact/hooks";
import { valueText } from "../../draw/number_text";
import { CurveChart } from "../../ui/curve_chart";
import { spread } from "../../ui/film_strip";
import { History } from "../layer/channel_inspector";
import { useAll } from "../records/use_all";
import type { ViewProps } from "../view";
import { shownColumn } from "./columns";
import { stepped } from "./patch_sources";
import type { UnitLook } from "./use_unit";

const WIDTH = 252;
const MOST = 48;

interface Props extends ViewProps {
  look: UnitLook;
}

export function UnitHistory(props: Props) {
  const { store, look } = props;
  return (
    <>
      <Strongest {...props} />
      {look.table && <History store={store} channels={look.table} channel={look.channel} look={look} />}
    </>
  );
}

/** The strongest activation among all images at each step that has top patches. */
function Strongest({ store, client, look }: Props) {
  const { channel } = look;
  const sources = spread(stepped(look.sources), MOST);
  const isCurve = sources.length > 1;
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
  }, [values.map((one) => one?.activations[0]).join()]);
  if (!isCurve) return null;
  const goTo = (step: number): void => {
    store.a.step.value = step;
  };
  return (
    <div class="sec">
      <CurveChart
        title="Strongest activation over steps"
        note="all images"
        steps={steps}
        series={series}
        shown={shownColumn(steps, store.a.shown.value)}
        width={WIDTH}
        height={68}
        text={valueText}
        onStep={goTo}
      />
    </div>
  );
}
