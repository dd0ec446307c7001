/** Which classes the unit answers to: its mean on each, the highest first. */

import { useMemo, useState } from "preact/hooks";
import type { Patches } from "../../api/layouts";
import { useAnswer } from "../../api/use_answer";
import { countText, valueText } from "../../draw/number_text";
import type { ViewProps } from "../view";
import { SideKey, titleOf } from "./pair";
import { PatchStep } from "./patch_step";
import { barOf, type ClassMean, meansByClass, ranked, selectivityIndex } from "./selectivity";
import type { Images } from "./use_images";
import { sourceOf, type UnitLook } from "./use_unit";

const FIRST = 10;

interface Props extends ViewProps {
  look: UnitLook;
  patches: Patches;
  images: Images;
  dim: boolean;
}

export function ClassBars(props: Props) {
  const { store, look, patches, images, dim } = props;
  const [isLong, setLong] = useState(false);
  const means = useMeans(props);
  const order = useMemo(() => (means ? ranked(means) : []), [means]);
  const mean = patches.mean?.[0] ?? Number.NaN;
  const index = selectivityIndex(order);
  const some = isLong ? order : order.slice(0, FIRST);
  const at = barOf(mean, order);
  const line = mean < 0 ? at.left : at.left + at.width;
  if (order.length === 0)
    return (
      <section aria-label={titleOf(look.side, "class selectivity")}>
        <h2>Class selectivity</h2>
        <p class="cap">
          the images looked through have no labels: give them beside the images of the data set
        </p>
      </section>
    );
  return (
    <section class={dim ? "dim" : ""} aria-label={titleOf(look.side, "class selectivity")}>
      <div class="row">
        <SideKey store={store} side={look.side} />
        <h2>Class selectivity</h2>
        <span class="grow" />
        <PatchStep store={store} side={look.side} source={sourceOf(look, patches)} />
      </div>
      <div class="bars">
        {some.map(({ target, mean: value }, rank) => (
          <Bar
            key={target}
            name={images.className(target)}
            value={value}
            order={order}
            isFirst={rank === 0}
          />
        ))}
        {Number.isFinite(mean) && (
          <div class="bars-mean" aria-hidden="true">
            <i style={{ left: `${100 * line}%` }} />
          </div>
        )}
      </div>
      <p class="cap">
        mean over a class of its largest activation; line: all images, <b>{valueText(mean)}</b>
        {index !== null && (
          <>
            {" · "}
            <span title="(highest − mean of the others) / (their sum), Morcos et al. 2018">
              index <b>{index.toFixed(2)}</b>
            </span>
          </>
        )}{" "}
        {order.length > FIRST && (
          <button type="button" class="link" onClick={() => setLong(!isLong)}>
            {isLong ? `first ${FIRST}` : `all ${countText(order.length)} classes`}
          </button>
        )}
      </p>
    </section>
  );
}

interface BarProps {
  name: string;
  value: number;
  order: readonly ClassMean[];
  isFirst: boolean;
}

function Bar({ name, value, order, isFirst }: BarProps) {
  const { left, width } = barOf(value, order);
  return (
    <>
      <span class="clip" title={name}>
        {name}
      </span>
      <span class="bar-track">
        <i class={isFirst ? "on" : ""} style={{ left: `${100 * left}%`, width: `${100 * width}%` }} />
      </span>
      <span class="r">{valueText(value)}</span>
    </>
  );
}

/** As recorded; else from the activation in every image and the data set's labels. */
function useMeans({ client, look, patches, images }: Props): Float32Array | null {
  const labels = images.dataset?.labels;
  const isLabelled = labels?.some((label) => label >= 0) ?? false;
  const source = sourceOf(look, patches);
  const isWanted = patches.classMeans === null && isLabelled && patches.facts.facts.maxima === true;
  const ask = isWanted && source ? client.layouts.reaction(source.held, look.channel) : null;
  const values = useAnswer(ask, [look.index.name, look.name, look.channel].join("|")).value;
  return useMemo(() => {
    if (patches.classMeans) return patches.classMeans;
    if (!values || !labels) return null;
    let most = -1;
    for (const label of labels) if (label > most && label < 100_000) most = label;
    return meansByClass(values, labels, most + 1);
  }, [patches, values, labels]);
}
