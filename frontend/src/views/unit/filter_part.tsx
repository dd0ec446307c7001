/** The filter that makes what the unit shows. */

import { useMemo } from "preact/hooks";
import type { Series } from "../../api/types";
import { kernelRange, kernelStyles, mosaicOf, paintKernels } from "../../draw/kernels";
import { shapeText } from "../../draw/number_text";
import { PixelCanvas } from "../../ui/pixel_canvas";
import { ScaleBar } from "../../ui/scale_bar";
import { StepNote } from "../../ui/step_note";
import { colourMapOf } from "../records/colouring";
import { fitted } from "../records/examples";
import { kernelsOf } from "../records/pictures_of";
import { useMaps } from "../records/use_maps";
import type { ViewProps } from "../view";
import { feeding, filtersKept } from "./feeding";
import { isPair, titleOf } from "./pair";
import type { UnitLook } from "./use_unit";

const SIDE = 184;
/** Where the unit of B stands beside. */
const PAIR_SIDE = 144;

interface Props extends ViewProps {
  look: UnitLook;
}

export function FilterPart(props: Props) {
  const { store, look } = props;
  const { index, name, channel } = look;
  const fed = feeding(index, name);
  const { kept, total } = fed?.series ? filtersKept(fed.series) : { kept: 0, total: 0 };
  return (
    <section class="unit-part filter" aria-label={titleOf(look.side, "filter")}>
      <h2>Filter</h2>
      {!fed ? (
        <p class="cap">No convolution's filters are the channels of {name}.</p>
      ) : !fed.series ? (
        <p class="cap">
          The filters of {fed.layer.name} are not recorded: cnnviz.method("filters", layers=["{fed.layer.name}
          "])
        </p>
      ) : channel >= kept ? (
        <p class="cap">
          Of {fed.layer.name} the first {kept} of {total} filters are recorded.
        </p>
      ) : (
        <Filter {...props} series={fed.series} />
      )}
      {fed && fed.layer.name !== name && (
        <p class="cap">
          <button
            type="button"
            class="link"
            onClick={() => {
              store.layer.value = fed.layer.name;
            }}
          >
            {fed.layer.name}
          </button>
          , the convolution before it
        </p>
      )}
    </section>
  );
}

function Filter({ store, client, look, series }: Props & { series: Series }) {
  const side = isPair(store) ? PAIR_SIDE : SIDE;
  const maps = useMaps(client, look.side, series, { channel: look.channel, ahead: true });
  const kernels = useMemo(() => maps.value && kernelsOf(maps.value), [maps.value]);
  const style = kernels && kernelStyles(kernels, series.facts.rgb === true)[0] === "rgb" ? "rgb" : "slices";
  const colourMap = colourMapOf(store, true);
  const gamma = style === "rgb" ? 1 : store.gamma.value;
  const drawn = useMemo(() => {
    if (!kernels) return null;
    const range = kernelRange(kernels, 0);
    return { ...paintKernels(kernels, [0], 1, style, { colourMap, gamma, shared: range }), range };
  }, [kernels, style, colourMap, gamma]);
  if (!maps.capture) return <p class="cap">First recorded later than the step looked at.</p>;
  if (maps.error) return <p class="bad cap">▲ {maps.error.message}</p>;
  if (!drawn || !kernels || !maps.value) return <div style={{ height: `${side}px` }} />;
  const { facts } = maps.value;
  const weight = typeof series.facts.weight === "string" ? series.facts.weight : series.layer;
  const slices = `${kernels.slices} × ${shapeText([kernels.height, kernels.width])}`;
  const { width, height } = mosaicOf(kernels, style);
  return (
    <div class={maps.pending ? "dim" : ""}>
      <PixelCanvas
        {...drawn}
        size={fitted({ width, height }, side)}
        label={`filter ${look.channel}, ${slices}`}
      />
      <p class="cap">
        <b class="break">{`${weight}[${look.channel}]`}</b> · {slices}{" "}
        <StepNote
          shown={facts.step}
          wanted={look.side.shown.value}
          source={facts.source}
          problems={facts.problems}
        />
      </p>
      <ScaleBar colourMap={style === "rgb" ? "grey" : colourMap} range={drawn.range} gamma={gamma} />
    </div>
  );
}
