/** Health in the model tree: a mark a layer, and the whole net's below. */

import { useComputed } from "@preact/signals";
import { type LayerHealth, sumHealth } from "../state/health";
import { openLayer, type Store } from "../state/store";

interface MarkProps {
  health: LayerHealth | undefined;
  isRectifier: boolean;
}

/** Share of zeros as number and bar; NaN and dead channels go before it, with a shape and a number. */
export function HealthMark({ health, isRectifier }: MarkProps) {
  if (!health) return <span />;
  if (health.nonfinite > 0) return <span class="health bad">▲ NaN</span>;
  const dead = health.dead ?? 0;
  const zeros = health.zeros;
  if (zeros === null || (!isRectifier && zeros < 0.005)) return <span />;
  return (
    <span>
      <span class={dead > 0 ? "health warn" : "health"}>
        {dead > 0 ? `▲${dead}` : `${Math.round(zeros * 100)} %`}
      </span>
      <span class="hb">
        <i style={{ width: `${zeros * 100}%` }} />
      </span>
    </span>
  );
}

export function HealthFoot({ store }: { store: Store }) {
  const sum = useComputed(() => {
    const { statistics, shown, index } = store.a;
    return statistics.value && index.value && shown.value !== null
      ? sumHealth(statistics.value, shown.value, index.value.layers)
      : null;
  }).value;
  if (!sum) return null;
  const count = store.a.index.value?.examples?.count;
  const worst = sum.broken[0] ?? sum.worst[0];
  return (
    <div class="foot cap">
      <div>
        <strong>Health</strong> at step {sum.step}
        {count ? `, ${count} ${count === 1 ? "image" : "images"}` : ""}
      </div>
      <div>
        dead {sum.dead} of {sum.channels} · NaN, Inf {sum.nonfinite}
      </div>
      {worst && (
        <button
          type="button"
          class={sum.broken.length ? "plain bad" : "plain warn"}
          onClick={() => openLayer(store, worst.layer)}
        >
          ▲ {worst.layer} {sum.broken.length ? "has NaN" : `· ${worst.dead} dead`}
        </button>
      )}
    </div>
  );
}
