/** One place of the bench: the recorded map, else what a job made, else the way to it. */

import type { RefObject } from "preact";
import { useMemo } from "preact/hooks";
import type { JobView, RecordAnswer, ResultAnswer, Series } from "../../api/types";
import { useAnswer } from "../../api/use_answer";
import { resolve } from "../../state/steps";
import type { Side } from "../../state/store";
import { Failed, Waiting } from "../../ui/panel_state";
import type { Pixels } from "../../ui/pixel_canvas";
import { StepNote } from "../../ui/step_note";
import { className, exampleTitle, fitted } from "../records/examples";
import { Later } from "../records/later";
import { picturesOf } from "../records/pictures_of";
import { useRecord } from "../records/use_record";
import { isUnderWay } from "../results/job_text";
import type { ViewProps } from "../view";
import { asked } from "./asking";
import type { Shared } from "./bench_sharing";
import { isSigned, useHeatmap } from "./heatmap_of";
import { JobState } from "./job_state";
import { FigureFrame, MapFigure } from "./map_figure";
import { Missing } from "./missing";
import { pictureOf, stepOf } from "./scene";
import { boxesOf, explainedClass, heatmapOf, type Slot, shownJob } from "./slots";
import { TrustLine } from "./trust_line";
import type { Bench } from "./use_bench";

export interface PanelProps extends ViewProps {
  bench: Bench;
  slot: Slot;
  base: Pixels | null;
  side: number;
  /** The map without the picture. */
  alone?: boolean;
  /** Whose run and step; A's by default. */
  on?: Side;
  /** Filled in by the chosen map; left out where it is not this view's. */
  shared?: RefObject<Shared | null>;
}

export function MapPanel(props: PanelProps) {
  const { store, client, bench, slot, on = store.a } = props;
  const { index, scene } = bench;
  const { series } = slot;
  const capture = series && resolve(index, series, on.shown.value);
  const isAsked = capture !== null && series !== null && scene.chosen !== null;
  const address = isAsked
    ? { run: index.name, step: capture.step, digest: capture.digest, key: series.key }
    : undefined;
  const record = useRecord(client, address);
  if (series && capture) {
    if (isAsked && !record) return <Looking {...props} />;
    const target = explainedClass(record?.facts, scene.image);
    if (scene.chosen === null || target === null || target === scene.chosen)
      return <RecordedMap {...props} series={series} />;
  }
  const job = shownJob(slot, scene, bench.results, asked.value);
  const result = job && bench.results.get(job.request.id);
  if (job?.status.state === "done")
    return result ? <JobMap {...props} job={job} result={result} /> : <Looking {...props} />;
  return (
    <FigureFrame {...chooser(props)} title={slot.title} note={null} size={{ width: props.side }}>
      <div class="place" style={{ height: `${sizeOf(props).height}px` }}>
        {job && isUnderWay(job.status) ? (
          <JobState store={store} client={client} job={job} />
        ) : (
          <Missing {...props} failed={job}>
            {series && !capture && <Later store={store} side={on} index={index} series={series} />}
          </Missing>
        )}
      </div>
      <div class="fig-room" />
    </FigureFrame>
  );
}

function sizeOf({ base, side }: PanelProps) {
  return fitted(base ?? { width: 1, height: 1 }, side);
}

function chooser({ store, bench, slot, alone, shared }: PanelProps) {
  if (alone || !shared) return {};
  return {
    onChoose: () => {
      store.overlay.value = slot.key;
    },
    isChosen: bench.slots.length > 1 && bench.main?.key === slot.key,
  };
}

function Looking(props: PanelProps) {
  const { height } = sizeOf(props);
  return (
    <FigureFrame {...chooser(props)} title={props.slot.title} note={null} size={{ width: props.side }}>
      <div style={{ height: `${height}px` }}>
        <Waiting late={false} what={props.slot.title} />
      </div>
      <div class="fig-room" />
    </FigureFrame>
  );
}

function RecordedMap(props: PanelProps & { series: Series }) {
  const { store, client, bench, series, alone = false, on = store.a } = props;
  const heatmap = useHeatmap(client, store, on, series, bench.scene.image);
  const record = useRecord(client, heatmap.value?.facts);
  const facts = heatmap.value?.facts;
  const signed = isSigned(series, heatmap.value);
  const caption = captionOf(props, facts?.step ?? null);
  const python = async () => {
    if (!facts) throw new Error("Nothing shown yet");
    const { run, step, key, digest } = facts;
    return (await client.record({ run, step, key, digest })).python;
  };
  share(props, { pictures: heatmap.pictures, signed, caption, python });
  return (
    <MapFigure
      {...props}
      {...chooser(props)}
      title={alone ? "Map alone" : props.slot.title}
      answer={heatmap}
      signed={signed}
      boxes={boxesOf(record?.facts, bench.scene.image, series.arrays)}
      says={record ? explains(bench, record, series.layer, bench.scene.image) : ""}
      note={
        facts && (
          <StepNote
            shown={facts.step}
            wanted={on.shown.value}
            source={facts.source}
            problems={facts.problems}
          />
        )
      }
    >
      {!alone && <TrustLine {...props} facts={record?.facts} />}
    </MapFigure>
  );
}

function JobMap(props: PanelProps & { job: JobView; result: ResultAnswer }) {
  const { store, client, bench, job, result, alone = false, on = store.a } = props;
  const record = heatmapOf(result);
  const picture = pictureOf(job.request, bench.scene);
  const array = Object.keys(record?.arrays ?? {})[0] ?? "";
  const { id } = job.request;
  const ask = record
    ? client.jobs.maps(id, { key: record.key, array, digest: result.digest, image: picture, exact: true })
    : null;
  const maps = useAnswer(ask, [id, picture].join("|"));
  const { value } = maps;
  const pictures = useMemo(() => (value ? picturesOf(value) : null), [value]);
  const signed = record?.facts.signed === true;
  const caption = captionOf(props, job.request.step);
  share(props, { pictures, signed, caption, python: async () => result.python });
  if (!record)
    return (
      <FigureFrame {...chooser(props)} title={props.slot.title} note={null} size={{ width: props.side }}>
        <Failed error={new Error("the job's result holds no map")} retry={maps.retry} />
      </FigureFrame>
    );
  return (
    <MapFigure
      {...props}
      {...chooser(props)}
      title={alone ? "Map alone" : props.slot.title}
      answer={{ ...maps, pictures }}
      signed={signed}
      boxes={boxesOf(record.facts, picture, record.arrays)}
      says={explains(bench, record, record.layer, picture)}
      note={<JobNote wanted={on.shown.value} step={stepOf(bench.scene.weights)} />}
    >
      {!alone && <TrustLine {...props} facts={record.facts} />}
    </MapFigure>
  );
}

function captionOf({ bench, slot }: PanelProps, step: number | null): string {
  const { index, scene } = bench;
  const picture = scene.own ? `own picture ${scene.own.name}` : `image ${exampleTitle(index, scene.image)}`;
  const at = step === null ? "stored weights" : `step ${step}`;
  return `${slot.title} · ${picture} · ${at} · run ${index.name}`;
}

/** The chosen map is what the view's head gives away. */
function share(props: PanelProps, given: Omit<Shared, "base">): void {
  const isChosen = props.bench.main?.key === props.slot.key && !props.alone;
  if (isChosen && props.shared) props.shared.current = { ...given, base: props.base };
}

function JobNote({ wanted, step }: { wanted: number | null; step: number | null | undefined }) {
  if (typeof step !== "number") return <span class="stale nowrap">stored weights</span>;
  return <StepNote shown={step} wanted={wanted} />;
}

/** "Shirt (label) · |∂ score / ∂ pixel|": what was explained, as the record of this very step says. */
function explains(
  { index }: Bench,
  { facts }: Pick<RecordAnswer, "facts">,
  layer: string | null,
  picture: number,
): string {
  const parts: string[] = [];
  const target = explainedClass(facts, picture);
  const origin = (facts.origins as string[] | undefined)?.[picture];
  if (target !== null) parts.push(`${className(index, target)}${origin ? ` (${origin})` : ""}`);
  if (typeof facts.channel === "number") parts.push(`channel ${facts.channel} of ${layer}`);
  for (const text of [facts.unit, facts.note]) if (typeof text === "string") parts.push(text);
  return parts.join(" · ");
}
