/** The chosen map in run A beside the same of run B. */

import { useMemo } from "preact/hooks";
import type { RunIndex } from "../../api/types";
import { weightsFor } from "../../state/checkpoints";
import type { Side, Store } from "../../state/store";
import type { Pixels } from "../../ui/pixel_canvas";
import { examplePixels, useExamples } from "../records/examples";
import type { ViewProps } from "../view";
import { asked } from "./asking";
import { MapPanel } from "./map_panel";
import { ownPixels } from "./picture_picker";
import { jobsOf } from "./scene";
import { isSame, type Slot, slotsOf } from "./slots";
import type { Bench } from "./use_bench";
import { useResults } from "./use_results";

const SIDE = 220;

interface Props extends ViewProps {
  bench: Bench;
  main: Slot;
  base: Pixels | null;
}

export function BothRuns({ store, client, bench, main, base }: Props) {
  const other = useOther(store, client, bench, main);
  const examples = useExamples(client, store.b);
  const { own, image } = bench.scene;
  const grey = store.grey.value;
  const otherBase = useMemo(
    () => (own ? ownPixels(own, grey) : examplePixels(examples, image, grey)),
    [own?.data, examples, image, grey],
  );
  if (!other) return null;
  const isOther = bench.index.examples?.digest !== other.bench.index.examples?.digest && !own;
  const sides: [Side, Bench, Slot, Pixels | null][] = [
    [store.a, bench, main, base],
    [store.b, other.bench, other.slot, otherBase],
  ];
  return (
    <section class="both-runs" aria-label="The map in both runs">
      <div class="row cap">
        <h2>{main.title} in A and B</h2>
        <span class="grow" />
        {isOther && <span class="warn">▲ run B has other examples</span>}
        <span>each with its own range</span>
        {main.series && (
          <button type="button" class="link" onClick={() => compare(store, main.key)}>
            differences in Compare
          </button>
        )}
      </div>
      <div class="heatmaps">
        {sides.map(([side, of, slot, below]) => (
          <div key={side.name}>
            <p class="cap clip">
              <b>{side.name}</b> {of.index.name}
            </p>
            <MapPanel
              store={store}
              client={client}
              bench={of}
              slot={slot}
              base={below}
              side={SIDE}
              on={side}
            />
          </div>
        ))}
      </div>
    </section>
  );
}

function compare(store: Store, key: string): void {
  store.overlay.value = key;
  store.subject.value = "heatmap";
  store.view.value = "compare";
}

/** The bench as run B has it, and the place of the same map there. */
function useOther(
  store: Store,
  client: ViewProps["client"],
  bench: Bench,
  main: Slot,
): { bench: Bench; slot: Slot } | null {
  const index: RunIndex | null = store.b.index.value;
  const { byId } = store.jobs.value;
  const weights = index && weightsFor(index, store.b.shown.value);
  const scene = index && weights ? { ...bench.scene, run: index.name, weights } : null;
  const jobs = scene ? jobsOf(byId.values(), scene) : [];
  const results = useResults(client, jobs);
  if (!index || !scene) return null;
  const { cards } = bench;
  const card = cards.find((one) => one.name === main.method);
  const slots = slotsOf({ index, scene, jobs, cards, results, asked: asked.value });
  const found = slots.find((slot) => slot.method === main.method && isSame(slot.params, main.params, card));
  const slot = found ?? { ...main, series: null, jobs: [] };
  return { bench: { ...bench, index, scene, slots, jobs, results, main: null }, slot };
}
