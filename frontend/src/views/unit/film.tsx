/** The unit while it learned: what it looked for, and its favourite images, at each step that has them. */

import { signal } from "@preact/signals";
import { useMemo } from "preact/hooks";
import type { Patches } from "../../api/layouts";
import type { JobView } from "../../api/types";
import { valueText } from "../../draw/number_text";
import { spread } from "../../ui/film_strip";
import { Failed } from "../../ui/panel_state";
import { PixelCanvas } from "../../ui/pixel_canvas";
import { Segmented } from "../../ui/segmented";
import { useSize } from "../../ui/use_size";
import { askAll } from "../layer/unit_action";
import { overCheckpoints, subjectAt, whyNoUnits } from "../layer/unit_jobs";
import { useAsking } from "../layer/use_asking";
import { cropPixels } from "../records/crops";
import { fitted } from "../records/examples";
import { useAll } from "../records/use_all";
import { JobPicture } from "../results/job_picture";
import type { ViewProps } from "../view";
import { columnsOf, shownColumn } from "./columns";
import { SideKey, titleOf } from "./pair";
import { stepped } from "./patch_sources";
import type { UnitLook } from "./use_unit";

const SIDE = 58;
const PITCH = SIDE + 6;
const HEADS = 76;
const MOST_CHECKPOINTS = 8;

type Depth = "1" | "3" | "9";

/** How many of the strongest images each step shows. */
const depth = signal<Depth>("1");

interface Props extends ViewProps {
  look: UnitLook;
}

export function Film(props: Props) {
  const { store, client, look } = props;
  const [box, size] = useSize<HTMLDivElement>();
  const { index, name, channel } = look;
  const shown = look.side.shown.value;
  const unit = subjectAt(index, name, [channel], shown);
  const jobs = overCheckpoints(index, store.jobs.value.byId, unit, MOST_CHECKPOINTS);
  const patches = stepped(look.sources);
  const all = columnsOf(
    patches.map(({ step }) => step),
    jobs.there.map(({ step }) => step),
  );
  const columns = spread(all, Math.max(2, Math.floor(((size?.width ?? 0) - HEADS) / PITCH)));
  const top = Number(depth.value);
  const here = size ? patches.filter(({ step }) => columns.includes(step)) : [];
  const answers = useAll(here.map(({ held }) => client.layouts.patches(held, { channel, top })));
  const found = new Map(here.map(({ step }, at) => [step, answers.values[at]]));
  const current = shownColumn(columns, shown);
  const goTo = (step: number): void => {
    look.side.step.value = step;
  };
  if (all.length < 2 && jobs.all < 2) return null;
  return (
    <section class="unit-film-box" aria-label={titleOf(look.side, "over training")}>
      <div class="row cap">
        <SideKey store={store} side={look.side} />
        <h2>Over training</h2>
        <span class="clip">
          {all.length > 1 && "its favourites, and what it looked for, with the weights of each step"}
          {columns.length < all.length && size && ` · ${columns.length} of ${all.length} steps`}
        </span>
        <span class="grow" />
        <OptimiseMore {...props} missing={jobs.missing} />
        {patches.length > 1 && (
          <Segmented
            label="How many of the strongest images"
            value={depth.value}
            choices={[
              { value: "1", text: "strongest" },
              { value: "3", text: "first 3" },
              { value: "9", text: "first 9" },
            ]}
            onChoose={(value) => {
              depth.value = value;
            }}
          />
        )}
      </div>
      <div ref={box} class="unit-film-room">
        {answers.error && <Failed error={answers.error} retry={answers.retry} />}
        {all.length > 1 && size && (
          <table class="film-table">
            <tbody>
              {jobs.there.length > 0 && (
                <tr>
                  <th scope="row">looked for</th>
                  {columns.map((step) => (
                    <Looked
                      key={step}
                      {...{ client, step, goTo }}
                      job={jobs.there.find((one) => one.step === step)?.job}
                      isOn={step === current}
                    />
                  ))}
                </tr>
              )}
              {patches.length > 0 &&
                Array.from({ length: top }, (_, rank) => (
                  <tr key={rank}>
                    <th scope="row">{rank === 0 ? "strongest" : `${rank + 1}.`}</th>
                    {columns.map((step) => (
                      <Favourite
                        key={step}
                        {...{ step, goTo, rank }}
                        has={here.some((one) => one.step === step)}
                        patches={found.get(step)}
                        isOn={step === current}
                      />
                    ))}
                  </tr>
                ))}
            </tbody>
            <tfoot>
              <tr>
                <th scope="row">step</th>
                {columns.map((step) => (
                  <td key={step} class={step === current ? "on" : ""}>
                    {step}
                  </td>
                ))}
              </tr>
            </tfoot>
          </table>
        )}
      </div>
    </section>
  );
}

interface CellProps {
  step: number;
  isOn: boolean;
  goTo: (step: number) => void;
}

function Looked({
  client,
  job,
  step,
  isOn,
  goTo,
}: CellProps & { client: ViewProps["client"]; job: JobView | undefined }) {
  if (!job) return <Absent text="not asked for" />;
  return (
    <td>
      <button
        type="button"
        class={isOn ? "film-cell on" : "film-cell"}
        title={`what it looked for at step ${step}`}
        onClick={() => goTo(step)}
      >
        <JobPicture client={client} job={job} side={SIDE} label="" />
      </button>
    </td>
  );
}

interface FavouriteProps extends CellProps {
  rank: number;
  /** Top patches of that step are there. */
  has: boolean;
  patches: Patches | undefined;
}

function Favourite({ patches, has, rank, step, isOn, goTo }: FavouriteProps) {
  const crop = useMemo(() => (patches ? cropPixels(patches, rank) : null), [patches, rank]);
  if (!has) return <Absent text="not recorded" />;
  if (!crop || !patches) return <td style={{ height: `${SIDE + 18}px` }} />;
  const value = valueText(patches.activations[rank] as number);
  return (
    <td>
      <button
        type="button"
        class={isOn ? "film-cell on" : "film-cell"}
        aria-label={`image ${rank + 1} at step ${step}, activation ${value}`}
        onClick={() => goTo(step)}
      >
        <PixelCanvas {...crop} size={fitted(crop, SIDE)} label="" />
        <span>{value}</span>
      </button>
    </td>
  );
}

function Absent({ text }: { text: string }) {
  return (
    <td>
      <span class="film-absent" style={{ width: `${SIDE}px`, height: `${SIDE}px` }}>
        {text}
      </span>
    </td>
  );
}

/** Asks for the optimised picture at the checkpoints that have none. */
function OptimiseMore({ store, client, look, missing }: Props & { missing: number[] }) {
  const { isAsking, failure, run } = useAsking();
  const { index, name, channel, layer } = look;
  const session = store.session.value;
  if (missing.length === 0 || whyNoUnits(index, layer) !== null || session?.jobs !== true) return null;
  const subjects = missing.map((step) => ({ run: index.name, layer: name, units: [channel], step }));
  return (
    <>
      {failure && (
        <span class="bad" role="alert">
          ▲ {failure}
        </span>
      )}
      <button
        type="button"
        class="btn film-more"
        disabled={isAsking}
        onClick={() => run(() => askAll(store, client, subjects))}
      >
        {isAsking ? "asking …" : `See what it looked for at ${missing.length} checkpoints`}
      </button>
    </>
  );
}
