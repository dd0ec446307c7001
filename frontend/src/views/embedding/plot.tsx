/** The map itself: drawn in one canvas, moved with the pointer or keys; what is chosen lies over it. */

import { useEffect, useLayoutEffect, useMemo, useRef } from "preact/hooks";
import type { Places } from "../../draw/scatter_camera";
import { ScatterPainter } from "../../draw/scatter_painter";
import { CHOSEN, DIMMED, HIDDEN, SHOWN } from "../../draw/scatter_points";
import type { Store } from "../../state/store";
import { useSize } from "../../ui/use_size";
import { chosen, isolated, rings, tool } from "./choice";
import { errorsOf, pointColours } from "./colours";
import { Hand } from "./hand";
import { HoverCard } from "./hover_card";
import { Overlay } from "./overlay";
import { handle, PlotState, spotOf } from "./plot_state";
import { placesOf } from "./sources";
import type { Thumbs } from "./thumbs";
import type { Scene } from "./use_scene";

interface Props {
  store: Store;
  scene: Scene;
  thumbs: Thumbs;
  /** Keys are for this plot until another one is pointed at. */
  isFirst: boolean;
}

export function Plot({ store, scene, thumbs, isFirst }: Props) {
  const [box, size] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const state = useMemo(() => new PlotState(), []);
  const hand = useMemo(() => new Hand(state), [state]);
  const { layout, lay, grouping, identity } = scene;
  const theme = store.theme.value;
  const target = useMemo(() => placesOf(layout, lay), [layout, lay]);
  const colours = useMemo(
    () => pointColours(grouping, isolated.value, theme),
    [grouping, isolated.value, theme],
  );
  const states = useStates(scene, target);
  const ringed = useRinged(scene);
  state.store = store;
  state.scene = scene;
  state.thumbs = thumbs;
  state.size = size;
  state.points = { ...state.morph.shown, colours, states, ringed, order: state.orderOf(layout.count) };
  useLayoutEffect(() => {
    state.room = box.current;
    if (canvas.current && !state.painter) state.painter = new ScatterPainter(canvas.current);
  });
  useLayoutEffect(() => {
    state.lead(target, `${identity}|${lay}`, size !== null);
  }, [target, identity, lay, size === null]);
  useLayoutEffect(() => state.request());
  useEffect(() => thumbs.listen(() => state.request()), [thumbs]);
  useEffect(() => {
    if (isFirst) handle.current = state;
    return () => {
      state.close();
      if (handle.current === state) handle.current = null;
    };
  }, [state]);
  useWheel(box, state);
  const what = scene.lays.find((one) => one.value === lay)?.text ?? "";
  return (
    <div
      class={`plot-room ${tool.value}`}
      ref={box}
      onPointerDown={(event) => hand.down(event)}
      onPointerMove={(event) => hand.move(event)}
      onPointerUp={(event) => hand.up(event)}
      onPointerCancel={() => hand.cancel()}
      onPointerLeave={() => hand.leave()}
    >
      <canvas ref={canvas} role="img" aria-label={`${what} of ${layout.count} images`} />
      {size && <Overlay store={store} state={state} size={size} />}
      {size && <HoverCard scene={scene} thumbs={thumbs} size={size} at={state.pointer} />}
    </div>
  );
}

/** How each point is drawn. */
function useStates({ grouping }: Scene, places: Places): Uint8Array {
  const [among, alone] = [chosen.value, isolated.value];
  return useMemo(() => {
    const { groups } = grouping;
    const states = new Uint8Array(groups.length);
    for (let row = 0; row < states.length; row++) {
      if (Number.isNaN(places.x[row])) states[row] = HIDDEN;
      else if (alone.size > 0 && !alone.has(groups[row] as number)) states[row] = DIMMED;
      else states[row] = among?.[row] ? CHOSEN : SHOWN;
    }
    return states;
  }, [grouping, places, among, alone]);
}

function useRinged({ subjects, layout }: Scene): Uint8Array | null {
  const isOn = rings.value;
  return useMemo(() => {
    if (!isOn || !layout.predicted) return null;
    return Uint8Array.from(errorsOf(subjects.labels, layout.predicted), (error) => Number(error === 1));
  }, [isOn, subjects.labels, layout.predicted]);
}

const NOTCH = 0.0018;
const LINE_HEIGHT = 16;

/** Wheel listeners of JSX are passive, and the page would scroll. */
function useWheel(box: { current: HTMLDivElement | null }, state: PlotState): void {
  useEffect(() => {
    const element = box.current;
    const turn = (event: WheelEvent): void => {
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode === 1 ? LINE_HEIGHT : 1);
      // A pinch comes as small steps with Control.
      const strength = event.ctrlKey ? 5 * NOTCH : NOTCH;
      state.zoom(Math.exp(-strength * Math.max(-400, Math.min(400, pixels))), spotOf(event));
    };
    element?.addEventListener("wheel", turn, { passive: false });
    return () => element?.removeEventListener("wheel", turn);
  }, [box.current]);
}
