/** How the map is drawn, coloured and moved. */

import type { ScatterColour, ScatterDraw, Store } from "../../state/store";
import { CheckBox } from "../../ui/check_box";
import { Segmented } from "../../ui/segmented";
import { Select } from "../../ui/select";
import { StepNote } from "../../ui/step_note";
import { beside, chosen, isolated, tool } from "./choice";
import { handle } from "./plot_state";
import { reactingSeries, type Scene, unitOf } from "./use_scene";

const ZOOM = 1.5;

const DRAWS: readonly { value: ScatterDraw; text: string; title: string }[] = [
  { value: "images", text: "Images", title: "one for each place that holds several; points elsewhere" },
  { value: "points", text: "Points", title: "every image a point" },
  { value: "density", text: "Density", title: "how many lie where" },
];

export function Controls({ store, scene }: { store: Store; scene: Scene }) {
  return (
    <>
      <Segmented
        label="Map"
        value={scene.lay}
        choices={scene.lays}
        onChoose={(lay) => {
          store.lay.value = lay;
        }}
      />
      <Segmented
        label="Drawn as"
        value={store.scatterDraw.value}
        choices={DRAWS}
        onChoose={(draw) => {
          store.scatterDraw.value = draw;
        }}
      />
      <ColourControl store={store} scene={scene} />
      {store.b.run.value !== null && <CheckBox label="B beside A" on={beside} />}
    </>
  );
}

function ColourControl({ store, scene }: { store: Store; scene: Scene }) {
  const { layout, index, subjects } = scene;
  const series = reactingSeries(index, subjects.dataset);
  const options: { value: ScatterColour; text: string }[] = [{ value: "label", text: "label" }];
  if (layout.predicted) options.push({ value: "prediction", text: "prediction" });
  if (subjects.isJudged) options.push({ value: "error", text: "right or wrong" });
  if (layout.loss?.some(Number.isFinite)) options.push({ value: "loss", text: "loss" });
  if (series.length > 0) options.push({ value: "unit", text: "a channel" });
  const unit = unitOf(store, index, subjects.dataset);
  return (
    <>
      <Select
        label="Colour"
        value={store.scatterColour.value}
        options={options}
        onChoose={(colour) => {
          isolated.value = new Set();
          store.scatterColour.value = colour;
        }}
      />
      {store.scatterColour.value === "unit" && unit && (
        <>
          <Select
            label="of"
            value={unit.series.key}
            options={series.map(({ key, layer }) => ({ value: key, text: layer ?? key }))}
            onChoose={(key) => {
              store.unitKey.value = key;
              store.unit.value = 0;
            }}
          />
          <label class="sel">
            <i>Channel</i>
            <input
              type="number"
              min={0}
              max={unit.channels - 1}
              value={unit.channel}
              onInput={(event) => {
                const channel = event.currentTarget.valueAsNumber;
                if (channel >= 0 && channel < unit.channels) store.unit.value = Math.floor(channel);
              }}
            />
            <span class="cap">of {unit.channels}</span>
          </label>
          <StepNote shown={unit.capture.step} wanted={store.a.shown.value} />
        </>
      )}
      {store.scatterColour.value === "unit" && !unit && (
        <span class="stale">no channel of these images was recorded at this step</span>
      )}
    </>
  );
}

export function PlotButtons() {
  const lasso = tool.value === "lasso";
  return (
    <div class="plot-buttons">
      <Segmented
        label="The pointer"
        value={tool.value}
        choices={[
          { value: "pan", text: "Pan", title: "drag to move; with ⇧ or Alt it draws a lasso" },
          { value: "lasso", text: "Lasso", title: "drag around images to select them (q)" },
        ]}
        onChoose={(value) => {
          tool.value = value;
        }}
      />
      <fieldset class="seg" aria-label="Zoom">
        <button
          type="button"
          aria-label="Nearer"
          title="Nearer (+)"
          onClick={() => handle.current?.zoom(ZOOM)}
        >
          +
        </button>
        <button
          type="button"
          aria-label="Further away"
          title="Further away (-)"
          onClick={() => handle.current?.zoom(1 / ZOOM)}
        >
          −
        </button>
        <button type="button" title="All points (0)" onClick={() => handle.current?.fit()}>
          Fit
        </button>
      </fieldset>
      {(lasso || chosen.value) && (
        <span class="cap plot-hint">
          {lasso && "drag around images · "}
          <kbd>⇧</kbd> adds · <kbd>Alt</kbd> takes away
        </span>
      )}
    </div>
  );
}
