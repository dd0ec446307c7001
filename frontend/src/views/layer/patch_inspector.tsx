/** One channel of the top patches tab: its strongest images, and what it did over the steps. */

import { useMemo } from "preact/hooks";
import type { Patches } from "../../api/layouts";
import { useAnswer } from "../../api/use_answer";
import { valueText } from "../../draw/number_text";
import { resolve } from "../../state/steps";
import { PixelCanvas } from "../../ui/pixel_canvas";
import { StepNote } from "../../ui/step_note";
import { countOf, cropPixels } from "../records/crops";
import { fitted } from "../records/examples";
import { History, type InspectorProps } from "./channel_inspector";
import { OpenUnit } from "./open_unit";
import { UnitAction } from "./unit_action";

const SIDE = 80;
const MOST = 9;

export function PatchInspector({ store, client, look, series, channel }: InspectorProps) {
  const { index } = look;
  const capture = resolve(index, series, store.a.shown.value);
  const held = capture && { run: index.name, step: capture.step, key: series.key, digest: capture.digest };
  const ask = held && client.layouts.patches(held, { channel, top: MOST });
  const { value, pending } = useAnswer(ask, [index.name, series.key, channel].join("|"));
  return (
    <>
      <div class="row">
        <h1>Channel {channel}</h1>
        <span class="grow" />
        <OpenUnit store={store} look={look} channel={channel} />
      </div>
      {value && (
        <>
          <ol class={pending ? "patch-nine dim" : "patch-nine"} aria-label="its strongest images">
            {Array.from({ length: countOf(value) }, (_, rank) => (
              <Crop key={rank} patches={value} rank={rank} />
            ))}
          </ol>
          <p class="cap row">
            <span class="clip">
              <b>
                {look.name} {channel}
              </b>{" "}
              strongest first
            </span>
            <StepNote shown={value.facts.step} wanted={store.a.shown.value} />
          </p>
        </>
      )}
      <UnitAction store={store} client={client} look={look} channel={channel} />
      {look.channels && <History store={store} channels={look.channels} channel={channel} look={look} />}
    </>
  );
}

function Crop({ patches, rank }: { patches: Patches; rank: number }) {
  const crop = useMemo(() => cropPixels(patches, rank), [patches, rank]);
  const value = valueText(patches.activations[rank] as number);
  if (!crop) return null;
  return (
    <li>
      <PixelCanvas {...crop} size={fitted(crop, SIDE)} label={`patch ${rank + 1}, activation ${value}`} />
      <span class="cap" aria-hidden="true">
        {value}
      </span>
    </li>
  );
}
