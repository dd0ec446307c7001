/** The step strip: where data is, where A and B stand, and the controls that move them. */

import { useComputed } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useEffect } from "preact/hooks";
import { drawnTag, shortTag } from "../state/live";
import { moveStep, toggleFollow, togglePlay } from "../state/moves";
import { latestAtOrBefore } from "../state/steps";
import type { Side, Store, StripAxis, StripScale } from "../state/store";
import { Segmented } from "../ui/segmented";
import { NextIcon, PauseIcon, PlayIcon, PreviousIcon } from "./icons";
import { StripPlot } from "./strip_plot";

const PLAY_MS = 300;

export function StepStrip({ store }: { store: Store }) {
  usePlay(store);
  return (
    <section class="strip" aria-label="Steps">
      <Readout store={store} />
      <StripPlot store={store} />
      <Switches store={store} />
    </section>
  );
}

function Readout({ store }: { store: Store }) {
  const count = store.a.index.value?.steps.length ?? 0;
  const hasScalars = (store.a.index.value?.scalars.length ?? 0) > 0;
  return (
    <div class="left">
      <div class="row" style={{ gap: "2px" }}>
        <StepButtons store={store} isStill={count < 2} />
        <span class="grow" />
        <span class="cap nowrap">
          {count} {count === 1 ? "step" : "steps"}
          {hasScalars && " ·"}
        </span>
        <TagPicker store={store} />
      </div>
      <div class="read">
        {store.sides.value.map((side) => (
          <SideReadout key={side.name} side={side} />
        ))}
      </div>
    </div>
  );
}

function StepButtons({ store, isStill }: { store: Store; isStill: boolean }) {
  const playing = store.playing.value;
  const button = (label: string, key: string, press: () => void, icon: ComponentChildren) => (
    <button
      type="button"
      class="icon"
      aria-label={label}
      title={`${label}  ${key}`}
      disabled={isStill}
      onClick={press}
    >
      {icon}
    </button>
  );
  return (
    <>
      {button("Previous capture", ",", () => moveStep(store.a, -1), <PreviousIcon />)}
      {button(
        playing ? "Stop" : "Play",
        "Space",
        () => togglePlay(store),
        playing ? <PauseIcon /> : <PlayIcon />,
      )}
      {button("Next capture", ".", () => moveStep(store.a, 1), <NextIcon />)}
    </>
  );
}

/** Which scalar is drawn: its telling word, with the list of all tags behind it. */
function TagPicker({ store }: { store: Store }) {
  const tags = store.a.index.value?.scalars ?? [];
  const current = drawnTag(store);
  if (current === null) return null;
  if (tags.length === 1) return <span class="cap clip">{shortTag(current)}</span>;
  return (
    <label class="tag-picker" title={current}>
      <span class="cap clip">{shortTag(current)}</span>
      <span class="caret" />
      <select
        aria-label="Scalar in the strip"
        value={current}
        onChange={(event) => {
          store.tag.value = event.currentTarget.value;
        }}
      >
        {tags.map((tag) => (
          <option key={tag} value={tag}>
            {tag}
          </option>
        ))}
      </select>
    </label>
  );
}

function SideReadout({ side }: { side: Side }) {
  const value = useComputed(() => {
    const curve = side.curve.value;
    const shown = side.shown.value;
    const at = curve && shown !== null ? latestAtOrBefore(curve.steps, shown) : -1;
    return curve?.values[at];
  }).value;
  const elapsed = useComputed(() => sayWallTime(side)).value;
  const shown = side.shown.value;
  return (
    <>
      <span class={`key ${side.name.toLowerCase()}`}>{side.name}</span>
      <span class="clip">
        <b>{shown === null ? "no capture" : `step ${shown}`}</b> <span class="t">{elapsed}</span>
      </span>
      <span class="s">{value === undefined ? "" : sayValue(value)}</span>
    </>
  );
}

function sayWallTime(side: Side): string {
  const index = side.index.value;
  const shown = side.shown.value;
  if (!index || shown === null) return "";
  const time = index.wall_times[latestAtOrBefore(index.steps, shown)];
  if (time === undefined || !Number.isFinite(time)) return "";
  return new Date(time * 1000).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
}

function sayValue(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  return Math.abs(value) >= 1000 || (value !== 0 && Math.abs(value) < 0.001)
    ? value.toExponential(1)
    : value.toFixed(3);
}

function Switches({ store }: { store: Store }) {
  return (
    <div class="right">
      <div class="row">
        <AxisChoice store={store} />
        <ScaleChoice store={store} />
      </div>
      <div class="row">
        <button
          type="button"
          class="switch"
          role="switch"
          aria-checked={store.a.follows.value}
          onClick={() => toggleFollow(store.a)}
        >
          Follow latest
        </button>
        <span class="grow" />
        <kbd>f</kbd>
      </div>
      <div class="row cap">
        <span>◇ checkpoint</span>
        <span>│ captured</span>
        <span style={{ color: "var(--accent)" }}>│ shown</span>
      </div>
    </div>
  );
}

const AXES = [
  { value: "step", text: "step" },
  { value: "time", text: "time", title: "time since the first capture" },
] as const;

function AxisChoice({ store }: { store: Store }) {
  const choose = (axis: StripAxis): void => {
    store.axis.value = axis;
  };
  return <Segmented label="Axis" value={store.axis.value} choices={AXES} onChoose={choose} />;
}

const SCALES = [
  { value: "sqrt", text: "√", title: "square-root scale" },
  { value: "lin", text: "lin", title: "linear scale" },
] as const;

function ScaleChoice({ store }: { store: Store }) {
  const choose = (scale: StripScale): void => {
    store.scale.value = scale;
  };
  return <Segmented label="Scale" value={store.scale.value} choices={SCALES} onChoose={choose} />;
}

/** While playing, go on by one capture every PLAY_MS, and stop at the last. */
function usePlay(store: Store): void {
  const playing = store.playing.value && store.awake.value;
  useEffect(() => {
    if (!playing) return;
    const timer = setInterval(() => {
      const steps = store.a.index.value?.steps ?? [];
      moveStep(store.a, 1);
      if (store.a.shown.value === steps.at(-1)) store.playing.value = false;
    }, PLAY_MS);
    return () => clearInterval(timer);
  }, [playing, store]);
}
