/** The images that excite the unit most: what it sees of them, and where in the image that is. */

import { signal } from "@preact/signals";
import { useMemo, useState } from "preact/hooks";
import type { Patches } from "../../api/layouts";
import { countText, shapeText, valueText } from "../../draw/number_text";
import { Failed, Waiting } from "../../ui/panel_state";
import { PixelCanvas } from "../../ui/pixel_canvas";
import { Segmented } from "../../ui/segmented";
import { countOf, cropPixels } from "../records/crops";
import { fitted } from "../records/examples";
import type { ViewProps } from "../view";
import { fieldOn } from "./boxes";
import { ImageInEmbedding, SelectInEmbedding } from "./in_embedding";
import { MissingPatches } from "./missing_patches";
import { titleOf } from "./pair";
import { PatchStep } from "./patch_step";
import { type Images, rowsOf, useImages } from "./use_images";
import { sourceOf, type UnitLook, usePatches } from "./use_unit";

const SIDE = 68;
const WHOLE = 212;
const FIRST = 9;

/** Whether guided backpropagation stands in the place of the patches, where it was recorded. */
const guided = signal(false);

interface Props extends ViewProps {
  look: UnitLook;
}

export function TopPatches(props: Props) {
  const { look } = props;
  const patches = usePatches(props, look);
  const images = useImages(props, look, patches.value);
  if (!look.source) return <MissingPatches {...props} />;
  if (patches.error) return <Failed error={patches.error} retry={patches.retry} />;
  if (!patches.value) return <Waiting late={patches.late} what="top patches" />;
  const shown = { ...props, patches: patches.value, images, dim: patches.pending };
  return <Shown key={`${look.name}|${look.channel}`} {...shown} />;
}

interface ShownProps extends Props {
  patches: Patches;
  images: Images;
  dim: boolean;
}

function Shown(props: ShownProps) {
  const { store, look, patches, images, dim } = props;
  const [over, setOver] = useState<number | null>(null);
  const [chosen, setChosen] = useState(0);
  const [isLong, setLong] = useState(false);
  const count = countOf(patches);
  const some = isLong ? count : Math.min(FIRST, count);
  const source = sourceOf(look, patches);
  const at = Math.min(over ?? chosen, count - 1);
  return (
    <>
      <section class="unit-part strongest" aria-label={titleOf(look.side, "top patches")}>
        <div class="row">
          <h2>Top {some} patches</h2>
          <span class="grow" />
          <PatchStep store={store} side={look.side} source={source} />
        </div>
        {patches.guided && (
          <Segmented
            label="What of each patch"
            value={guided.value ? "guided" : "patch"}
            choices={[
              { value: "patch", text: "patch" },
              {
                value: "guided",
                text: "guided",
                title: "guided backpropagation from the unit; grey is zero",
              },
            ]}
            onChoose={(value) => {
              guided.value = value === "guided";
            }}
          />
        )}
        {count === 0 ? (
          <p class="cap">Its activation is finite in none of the images.</p>
        ) : (
          <ol class={dim ? "patches dim" : "patches"} aria-label="strongest first">
            {Array.from({ length: some }, (_, rank) => (
              <Patch
                key={rank}
                {...props}
                rank={rank}
                isOn={rank === at}
                onOver={setOver}
                onChoose={setChosen}
              />
            ))}
          </ol>
        )}
        {patches.activations[0] === 0 && (
          <p class="bad cap">▲ silent: it is above zero in none of the images</p>
        )}
        <p class="cap">
          {amongText(patches, images)}
          {count > FIRST && (
            <button type="button" class="link" onClick={() => setLong(!isLong)}>
              {isLong ? `first ${FIRST}` : `all ${count}`}
            </button>
          )}
        </p>
        {look.side.name === "A" && (
          <SelectInEmbedding store={store} look={look} patches={patches} rows={rowsOf(patches)} />
        )}
        {notesOf(patches).map((note) => (
          <p key={note} class="cap">
            {note}
          </p>
        ))}
        <MissingPatches {...props} />
      </section>
      {at >= 0 && <Whole {...props} at={at} />}
    </>
  );
}

interface PatchProps extends ShownProps {
  rank: number;
  isOn: boolean;
  onOver: (rank: number | null) => void;
  onChoose: (rank: number) => void;
}

function Patch({ patches, images, rank, isOn, onOver, onChoose }: PatchProps) {
  const isGuided = guided.value && patches.guided !== null;
  const crop = useMemo(() => cropPixels(patches, rank, isGuided), [patches, rank, isGuided]);
  const row = patches.images[rank] as number;
  const value = valueText(patches.activations[rank] as number);
  const label = images.label(row);
  if (!crop) return null;
  return (
    <li>
      <button
        type="button"
        class={isOn ? "patch on" : "patch"}
        aria-pressed={isOn}
        title={`${images.title(row)}: activation ${value}`}
        onPointerEnter={() => onOver(rank)}
        onPointerLeave={() => onOver(null)}
        onFocus={() => onChoose(rank)}
        onClick={() => onChoose(rank)}
      >
        <PixelCanvas {...crop} size={fitted(crop, SIDE)} label="" />
        <span class="patch-text">
          <span class="clip">{label}</span>
          <span>{value}</span>
        </span>
      </button>
    </li>
  );
}

/** The image that a patch comes from, and the field on it. */
function Whole({ store, patches, images, look, at }: ShownProps & { at: number }) {
  const row = patches.images[at] as number;
  const picture = images.picture(row);
  const size = fitted(picture ?? images.input, WHOLE);
  const box = patches.boxes?.subarray(4 * at, 4 * at + 4);
  const field = box && fieldOn(box, images.input, size);
  const label = images.label(row);
  return (
    <section class="unit-part whole" aria-label={titleOf(look.side, "whole image")}>
      <h2>In the whole image</h2>
      <div class="whole-picture" style={{ width: `${size.width}px`, height: `${size.height}px` }}>
        {picture && <PixelCanvas {...picture} size={size} label={`${images.title(row)} ${label}`} />}
        {field && (
          <svg width={size.width} height={size.height} aria-hidden="true">
            {[3, 1].map((width) => (
              <rect
                key={width}
                x={field.x + 1}
                y={field.y + 1}
                width={Math.max(2, field.width - 2)}
                height={Math.max(2, field.height - 2)}
                fill="none"
                stroke={width === 3 ? "#000000" : "#ffffff"}
                stroke-width={width}
              />
            ))}
          </svg>
        )}
      </div>
      <p class="cap">
        <b>{images.title(row)}</b>
        {label && ` · ${label}`} · activation {valueText(patches.activations[at] as number)}
      </p>
      <p class="cap">{fieldText(patches, field?.isWhole ?? false, look)}</p>
      <ImageInEmbedding store={store} look={look} patches={patches} row={row} />
    </section>
  );
}

/** What the box is, and what it leaves out. */
function fieldText({ facts, boxes }: Patches, isWhole: boolean, { layer }: UnitLook): string {
  const sees = facts.facts.whole_image === true;
  if (!boxes || !layer.receptive_field) return "what the unit sees of it is not known";
  if (isWhole) return "its receptive field holds the whole image";
  return sees
    ? "framed: what convolutions and pools see; through a global operation the unit sees the whole image"
    : "framed: its receptive field, all that it sees";
}

/** What the reader is to know of the images: which were looked at, and how many could not be read. */
function notesOf({ facts }: Patches): string[] {
  const { notes, left_out } = facts.facts;
  const said = Array.isArray(notes) ? notes.filter((note) => typeof note === "string") : [];
  const lost =
    typeof left_out === "number" && left_out > 0 ? [`${countText(left_out)} could not be read`] : [];
  return [...said, ...lost];
}

/** "of 440 images, 64 × 64 px each". */
function amongText({ facts, height, width }: Patches, { dataset }: Images): string {
  const { count, scale, window } = facts.facts;
  const parts = [];
  if (typeof count === "number")
    parts.push(`among ${countText(count)} ${dataset === null ? "examples" : "images"}`);
  const [down, across] = Array.isArray(window) ? (window as number[]) : [height, width];
  parts.push(`${shapeText([down ?? height, across ?? width])} px of the input`);
  if (typeof scale === "number" && scale < 1) parts.push(`stored at ${shapeText([height, width])}`);
  return `${parts.join(" · ")} `;
}
