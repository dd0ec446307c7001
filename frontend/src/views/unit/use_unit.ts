/** What the unit page looks at: a channel of a layer, and what is known of it at the step. */

import { useMemo } from "preact/hooks";
import type { Dataset, Patches } from "../../api/layouts";
import type { Channels, JobView, Layer, RunIndex } from "../../api/types";
import { type Answer, useAnswer } from "../../api/use_answer";
import type { Side } from "../../state/store";
import { useResults } from "../image/use_results";
import { firstLayer } from "../records/series";
import { isUnderWay } from "../results/job_text";
import type { ViewProps } from "../view";
import {
  jobSources,
  type PatchSource,
  patchJobs,
  recordedSources,
  sourceAt,
  timeline,
} from "./patch_sources";

export interface UnitLook {
  /** Whose run and step. */
  side: Side;
  index: RunIndex;
  name: string;
  layer: Layer;
  /** Of the layer. */
  channels: number;
  channel: number;
  /** Numbers of all channels on the examples, over the steps; undefined without layer statistics. */
  table: Channels | undefined;
  /** All steps that have top patches of the layer. */
  sources: readonly PatchSource[];
  /** That of the step looked at. */
  source: PatchSource | null;
  /** Jobs that look for top patches of the layer, or were to. */
  jobs: readonly JobView[];
}

export type Missing = { missing: string; title: string };

/** The unit; why there is none; null until the run is known, or while no B is chosen. */
export function useUnit({ store, client }: ViewProps, side: Side = store.a): UnitLook | Missing | null {
  const index = side.index.value;
  const name = index && (store.layer.value ?? unitLayer(index));
  const layer = index?.layers.find((one) => one.name === name) ?? null;
  const hasTable = layer !== null && index?.series.some((one) => one.kind === "layer_table");
  const ask = index && name && hasTable ? client.channels(index.name, name, index.rev) : null;
  const table = useAnswer(ask, `${index?.name}|${name}`).value;
  const about = { run: index?.name ?? "", layer: name ?? "" };
  const { byId } = store.jobs.value;
  const jobs = useMemo(() => patchJobs(byId.values(), about), [byId, about.run, about.layer]);
  const results = useResults(client, jobs);
  const sources = useMemo(
    () => (index && name ? timeline(recordedSources(index, name), jobSources(jobs, results, about)) : []),
    [index, name, jobs, results.size],
  );
  if (!index) return null;
  if (!name) return { title: "No layer is recorded in this run", missing: "" };
  const whyNot = whyNone(index, name, layer);
  if (!layer || whyNot) return { title: `${name} has no units`, missing: whyNot ?? "" };
  const channels = layer.shape[0] as number;
  const channel = Math.min(Math.max(0, store.channel.value ?? 0), channels - 1);
  const source = sourceAt(sources, side.shown.value);
  return { side, index, name, layer, channels, channel, table, sources, source, jobs };
}

/** The layer to begin with: one with top patches, else the first of the layer view. */
function unitLayer(index: RunIndex): string | null {
  return index.series.find((one) => one.kind === "patches" && one.layer)?.layer ?? firstLayer(index);
}

function whyNone(index: RunIndex, name: string, layer: Layer | null): string | null {
  if (!layer) return `Run ${index.name} has no layer ${name}: it is one of another model.`;
  const { shape } = layer;
  if (shape.length === 0) return "It is a container, or its output has no shape that is known.";
  if ((shape.length !== 1 && shape.length !== 3) || (shape[0] ?? 0) < 1)
    return "Units are channels; it gives neither channels nor maps.";
  return null;
}

/** The strongest images of the unit at the step looked at. */
export function usePatches({ client }: ViewProps, look: UnitLook): Answer<Patches> {
  const { index, name, channel, source } = look;
  const ask = source && client.layouts.patches(source.held, { channel, top: 0 });
  return useAnswer(ask, [index.name, name, channel].join("|"));
}

/** Which source an answer is of: what is shown may be of the step before. */
export function sourceOf(look: UnitLook, patches: Patches): PatchSource | null {
  const { digest, key } = patches.facts;
  return look.sources.find(({ held }) => held.digest === digest && held.key === key) ?? null;
}

/** The data set that an answer's rows are of; null where they are the run's examples, undefined until it is known. */
export function useDataset(
  { client }: ViewProps,
  look: UnitLook,
  patches: Patches | undefined,
): Dataset | null | undefined {
  const name = patches && datasetName(patches);
  const ask = name ? client.layouts.dataset(look.index.name, name) : null;
  const { value } = useAnswer(ask, name ?? "");
  return name === null ? null : value;
}

/** null: the rows are those of the run's examples. */
export function datasetName(patches: Patches): string | null {
  const { dataset } = patches.facts.facts;
  return typeof dataset === "string" ? dataset : null;
}

/** The job under way for the layer, the latest that was asked for. */
export function jobUnderWay(look: UnitLook): JobView | undefined {
  return look.jobs.find(({ status }) => isUnderWay(status));
}
