/** All channels or filters of A and B, in common ranges and the same order. */

import { useMemo } from "preact/hooks";
import type { Maps } from "../../api/types";
import type { Colouring } from "../../draw/grid_pixels";
import { signedText, valueText } from "../../draw/number_text";
import { Nothing, Waiting } from "../../ui/panel_state";
import { type Drawn, PictureGrid } from "../../ui/picture_grid";
import { ScaleBar } from "../../ui/scale_bar";
import { colourMapOf } from "../records/colouring";
import type { ViewProps } from "../view";
import { type Ranges, rangesOf, stackOf } from "./pair";
import { SideLabel, sideState } from "./side_label";
import { flipped, type Pair, type PairSide } from "./use_pair";

export interface PairProps extends ViewProps {
  pair: Pair;
  drawn: Drawn;
}

/** One colouring for both sides, so that equal values have equal colours. */
export function usePairColouring(
  store: ViewProps["store"],
  pair: Pair,
): { ranges: Ranges; colouring: Colouring } {
  const signed = pair.subject === "filters" || pair.a.series?.facts.signed === true;
  const colourMap = colourMapOf(store, signed);
  const gamma = store.gamma.value;
  const isShared = store.range.value === "shared";
  const [a, b] = [pair.a.maps.value, pair.b.maps.value];
  return useMemo(() => {
    const ranges = rangesOf(
      [a, b].filter((maps) => maps !== undefined),
      colourMap,
    );
    return {
      ranges,
      colouring: { colourMap, gamma, shared: isShared ? ranges.all : null, each: ranges.each },
    };
  }, [a, b, colourMap, gamma, isShared]);
}

export function GridPair({ store, client, pair, drawn }: PairProps) {
  const { ranges, colouring } = usePairColouring(store, pair);
  const mode = store.compare.value;
  const props = { store, client, pair, drawn };
  if (mode === "difference") return <Difference {...props} />;
  const sides = mode === "side" ? [pair.a, pair.b] : [flipped.value ? pair.b : pair.a];
  return (
    <>
      <div class="pair">
        {sides.map((one) => (
          <section class="pair-side" key={one.side.name} aria-label={`run ${one.side.name}`}>
            <SideLabel one={one} />
            {sideState(store, one) ?? <SideGrid {...props} one={one} colouring={colouring} />}
          </section>
        ))}
      </div>
      <div class="row grid-foot">
        {mode === "flicker" && <FlipButton />}
        <span class="grow" />
        {colouring.shared ? (
          <ScaleBar colourMap={colouring.colourMap} range={ranges.all} gamma={colouring.gamma} />
        ) : (
          <span class="cap">each picture on the range of its A and B together</span>
        )}
      </div>
    </>
  );
}

function FlipButton() {
  const set = (is: boolean) => (): void => {
    flipped.value = is;
  };
  return (
    <button
      type="button"
      class="btn"
      aria-pressed={flipped.value}
      onPointerDown={set(true)}
      onPointerUp={set(false)}
      onPointerLeave={set(false)}
    >
      Hold to see B <kbd>x</kbd>
    </button>
  );
}

function SideGrid({
  store,
  pair,
  drawn,
  one,
  colouring,
}: PairProps & { one: PairSide; colouring: Colouring }) {
  const maps = one.maps.value as Maps;
  const rgb = one.series?.facts.rgb === true;
  const scene = useMemo(
    () => ({ stack: stackOf(maps, pair.subject, rgb), colouring }),
    [maps, pair.subject, rgb, colouring],
  );
  const text = (index: number): string => valueText(maps.high[index] ?? Number.NaN);
  return (
    <Pictures
      store={store}
      label={`${one.side.name}: ${scene.stack.count} pictures`}
      scene={scene}
      right={(index) => (pair.subject === "filters" ? `±${text(index)}` : text(index))}
      dim={one.maps.pending}
      drawn={drawn}
    />
  );
}

function Difference({ store, pair, drawn }: PairProps) {
  const colourMap = colourMapOf(store, true);
  const gamma = store.gamma.value;
  const isShared = store.range.value === "shared";
  const rgb = pair.a.series?.facts.rgb === true;
  const maps = pair.difference;
  const scene = useMemo(() => {
    if (!maps) return null;
    const ranges = rangesOf([maps], colourMap);
    const colouring: Colouring = {
      colourMap,
      gamma,
      shared: isShared ? ranges.all : null,
      each: ranges.each,
    };
    return { stack: stackOf(maps, pair.subject, rgb), colouring, ranges };
  }, [maps, pair.subject, rgb, colourMap, gamma, isShared]);
  const state = sideState(store, pair.a) ?? sideState(store, pair.b);
  return (
    <>
      <div class="pair-labels">
        <SideLabel one={pair.a} />
        <b>−</b>
        <SideLabel one={pair.b} />
      </div>
      {state ??
        (pair.reason ? (
          <Nothing title={pair.reason}>Compare them side by side instead.</Nothing>
        ) : scene ? (
          <Pictures
            store={store}
            label="A − B"
            scene={scene}
            right={(index) => signedText(scene.ranges.each[index]?.high ?? 0).replace("+", "±")}
            dim={pair.a.maps.pending || pair.b.maps.pending}
            drawn={drawn}
          />
        ) : (
          <Waiting late what="exact values of A and B" />
        ))}
      <div class="row grid-foot">
        <span class="cap">exact values, A − B; red: larger in A</span>
        <span class="grow" />
        {scene?.colouring.shared ? (
          <ScaleBar colourMap={colourMap} range={scene.ranges.all} gamma={gamma} />
        ) : (
          <span class="cap">each on ± its largest difference</span>
        )}
      </div>
    </>
  );
}

interface PicturesProps {
  store: ViewProps["store"];
  label: string;
  scene: { stack: ReturnType<typeof stackOf>; colouring: Colouring };
  right: (index: number) => string;
  dim: boolean;
  drawn: Drawn;
}

function Pictures({ store, label, scene, right, dim, drawn }: PicturesProps) {
  const { stack, colouring } = scene;
  const order = useMemo(() => Array.from({ length: stack.count }, (_, index) => index), [stack.count]);
  const select = (index: number): void => {
    store.channel.value = index;
  };
  return (
    <PictureGrid
      label={label}
      order={order}
      picture={stack.picture}
      gap={stack.gap}
      atlas={(some, columns) => stack.atlas(some, columns, colouring)}
      text={(index) => ({ left: String(index), right: right(index), tone: "plain" })}
      says={(index) => `${index}: ${right(index)}`}
      selected={store.channel.value ?? 0}
      onSelect={select}
      onOpen={select}
      onPoint={() => undefined}
      version={scene}
      theme={store.theme.value}
      dim={dim}
      drawn={drawn}
    />
  );
}
