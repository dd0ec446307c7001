/** How the maps are drawn: overlay, range, smoothing, colours. */

import type { Store } from "../../state/store";
import { Segmented } from "../../ui/segmented";
import { Select } from "../../ui/select";
import { Slider } from "../../ui/slider";
import { ColourControl } from "../records/colouring";

const PERCENTS = ["100", "99.9", "99", "98", "95", "90"];

const SMOOTHINGS = [
  { value: "auto", text: "to size" },
  { value: "0", text: "none" },
  ...["1", "2", "3", "5"].map((sigma) => ({ value: sigma, text: `σ ${sigma} px` })),
];

export function Controls({ store, signed }: { store: Store; signed: boolean }) {
  const percent = String(store.percent.value);
  const percents = PERCENTS.includes(percent) ? PERCENTS : [percent, ...PERCENTS];
  return (
    <>
      <Slider
        label="Overlay"
        value={store.opacity.value}
        low={0}
        high={1}
        step={0.05}
        text={`${Math.round(store.opacity.value * 100)} %`}
        onChange={(value) => {
          store.opacity.value = value;
        }}
      />
      <kbd title="hold Space to hide all overlays">Space</kbd>
      <Select
        label="Range"
        value={percent}
        options={percents.map((value) => ({ value, text: value === "100" ? "all" : `${value} %` }))}
        onChoose={(value) => {
          store.percent.value = Number(value);
        }}
      />
      <Select
        label="Smooth"
        value={store.smooth.value === null ? "auto" : String(store.smooth.value)}
        options={SMOOTHINGS}
        onChoose={(value) => {
          store.smooth.value = value === "auto" ? null : Number(value);
        }}
      />
      <Segmented
        label="Input below the map"
        value={store.grey.value ? "grey" : "colour"}
        choices={[
          { value: "grey", text: "grey" },
          { value: "colour", text: "colour" },
        ]}
        onChoose={(value) => {
          store.grey.value = value === "grey";
        }}
      />
      <ColourControl store={store} signed={signed} />
    </>
  );
}
