/** The chosen map in run A beside the same of run B. */

import { useMemo } from "preact/hooks";
import type { RunIndex } from "../../api/types";
import type { Side, Store } from "../../state/store";
import type { Pixels } from "../../ui/pixel_canvas";
import { examplePixels, useExamples } from "../records/examples";
import type { ViewProps } from "../view";
import { asked } from "./asking";
import { MapPanel } from "./map_panel";
import { ownPixels } from "./picture_picker";
import { jobsOf, weightsIn } from "./scene";
import { isSame, type Slot, slotsOf } from "./slots";
import type { Bench } from "./use_bench";
import { useResults } from "./use_results";

interface Props extends ViewProps {
  bench: Bench;
  main: Slot;
  side: number;
}

/** The chosen map once for each run, in a section of its own. */
export function BothRuns(props: Props & { base: Pixels | null }) {
  const { store, main } = props;
  return (
    <section class="both-runs" aria-label="The map in both runs">
      <div class="row cap">
        <h2>{main.title} in A and B</h2>
        <span class="grow" />
        <span>each with its own range</span>
        {main.series && (
          <button type="button" class="link" onClick={() => compare(store, main.key)}>
            differences in Compare
          </button>
        )}
      </div>
      <div class="heatmaps">
        <MapPanel {...props} slot={titled(main, store.a)} on={store.a} />
        <OtherRun {...props} />
      </div>
    </section>
  );
}

/** The chosen map in run B. */
export function OtherRun({ store, client, bench, main, side }: Props) {
  const other = useOther(store, client, bench, main);
  const examples = useExamples(client, store.b);
  const { own, image } = bench.scene;
  const grey = store.grey.value;
  const base = useMemo(
    () => (own ? ownPixels(own, grey) : examplePixels(examples, image, grey)),
    [own?.data, examples, image, grey],
  );
  if (!other) return null;
  const isAlike = own || bench.index.examples?.digest === other.bench.index.examples?.digest;
  const slot = titled(other.slot, store.b);
  return (
    <div>
      <MapPanel
        store={store}
        client={client}
        bench={other.bench}
        slot={slot}
        base={base}
        side={side}
        on={store.b}
      />
      {!isAlike && <p class="warn cap">▲ run B has other examples</p>}
    </div>
  );
}

function titled(slot: Slot, { name, run }: Side): Slot {
  return { ...slot, title: `${name} · ${run.value}` };
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
  const scene = index && { ...bench.scene, run: index.name, ...weightsIn(index, store.b.shown.value) };
  const jobs = scene ? jobsOf(byId.values(), scene, asked.value) : [];
  const results = useResults(client, jobs);
  if (!index || !scene) return null;
  const { cards } = bench;
  const card = cards.find((one) => one.name === main.method);
  const slots = slotsOf({ index, scene, jobs, cards, results, asked: asked.value });
  const found = slots.find((slot) => slot.method === main.method && isSame(slot.params, main.params, card));
  const slot = found ?? { ...main, series: null, jobs: [] };
  return { bench: { ...bench, index, scene, slots, jobs, results, main: null }, slot };
}
