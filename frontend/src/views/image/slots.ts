/** The places of the bench: one for each recorded map and for each method that a job was asked to run. */

import type { JobView, MethodCard, ResultAnswer, ResultRecord, RunIndex, Series } from "../../api/types";
import type { Box } from "../../ui/map_canvas";
import { heatmaps, methodTitle, paramsText, seriesTitle } from "../records/series";
import { pictureOf, type Scene, wantedClass } from "./scene";

export type Params = Record<string, unknown>;

export interface Slot {
  /** Names the place in the link: a series' key, or method and parameters. */
  key: string;
  title: string;
  method: string;
  /** What a job is asked, the class left out. */
  params: Params;
  /** Where the map was recorded in training; null with an own picture too. */
  series: Series | null;
  /** Asked about this picture with these weights, about any class; the newest first. */
  jobs: JobView[];
}

interface Known {
  index: RunIndex;
  scene: Scene;
  /** As `jobsOf` gives them. */
  jobs: readonly JobView[];
  cards: readonly MethodCard[];
  results: ReadonlyMap<string, ResultAnswer>;
  /** Jobs that this page asked for: of those a failure is told, too. */
  asked: ReadonlySet<string>;
}

/** Recorded maps first, as recorded; then what jobs made, in the order they were asked for. */
export function slotsOf({ index, scene, jobs, cards, results, asked }: Known): Slot[] {
  const slots: Slot[] = heatmaps(index).map((series) => ({
    key: series.key,
    title: seriesTitle(series),
    method: series.method,
    params: withoutClass(series.params),
    series: scene.own ? null : series,
    jobs: [],
  }));
  for (const job of [...jobs].reverse()) {
    if (!makesHeatmap(job, cards, results)) continue;
    const { method, params } = job.request;
    const card = cards.find((one) => one.name === method);
    const slot = slots.find((one) => one.method === method && isSame(one.params, params, card));
    if (slot) slot.jobs.unshift(job);
    else if (isAlive(job) || asked.has(job.request.id))
      slots.push(slotOf(job, card, results.get(job.request.id)));
  }
  return slots.map((slot) => ({ ...slot, title: titleAmong(slot, slots, cards) }));
}

/** A title that another place has as well says its parameters, too. */
function titleAmong(slot: Slot, slots: readonly Slot[], cards: readonly MethodCard[]): string {
  if (slots.every((other) => other === slot || other.title !== slot.title)) return slot.title;
  const card = cards.find((one) => one.name === slot.method);
  const said = paramsText(card ? unusualParams(slot.params, card) : slot.params);
  return `${slot.title}${said || " · defaults"}`;
}

/** The key is the same whether the catalogue is there or not: a request has all its parameters. */
function slotOf(job: JobView, card: MethodCard | undefined, result: ResultAnswer | undefined): Slot {
  const { method } = job.request;
  const params = withoutClass(job.request.params);
  const given = heatmapOf(result)?.facts.title;
  const title = card?.title ?? (typeof given === "string" ? given : methodTitle(method));
  const said = card ? paramsText(unusualParams(params, card)) : "";
  const key = `job:${method}|${JSON.stringify(params)}`;
  return { key, title: `${title}${said}`, method, params, series: null, jobs: [job] };
}

function isAlive({ status }: JobView): boolean {
  return status.state !== "failed" && status.state !== "cancelled";
}

function makesHeatmap(
  job: JobView,
  cards: readonly MethodCard[],
  results: ReadonlyMap<string, ResultAnswer>,
): boolean {
  const card = cards.find((one) => one.name === job.request.method);
  return card ? card.kind === "heatmap" : heatmapOf(results.get(job.request.id)) !== undefined;
}

/** The record of a result that is a map over its pictures. */
export function heatmapOf(result: ResultAnswer | undefined): ResultRecord | undefined {
  return result?.records.find((record) => record.kind === "heatmap");
}

/** Methods that could be run for a map and have no place yet. */
export function absentMethods(cards: readonly MethodCard[], slots: readonly Slot[]): MethodCard[] {
  const placed = new Set(slots.map((slot) => slot.method));
  return cards.filter((card) => card.kind === "heatmap" && !placed.has(card.name));
}

export function withoutClass({ target: _, ...params }: Params): Params {
  return Object.fromEntries(Object.entries(params).filter(([, value]) => value !== null));
}

/** Whether two sets of parameters ask for the same but for the class; what is absent has its default. */
export function isSame(one: Params, other: Params, card: MethodCard | undefined): boolean {
  const names = new Set([...Object.keys(one), ...Object.keys(other)]);
  names.delete("target");
  return [...names].every((name) => valueText(one, name, card) === valueText(other, name, card));
}

function unusualParams(params: Params, card: MethodCard): Params {
  const unusual = Object.entries(params).filter(
    ([name]) => valueText(params, name, card) !== valueText({}, name, card),
  );
  return Object.fromEntries(unusual);
}

function valueText(params: Params, name: string, card: MethodCard | undefined): string {
  return JSON.stringify(params[name] ?? defaultOf(card, name) ?? null);
}

function defaultOf(card: MethodCard | undefined, name: string): unknown {
  const fields = card?.schema.properties as Record<string, { default?: unknown }> | undefined;
  return fields?.[name]?.default;
}

/** Whether a method can be asked about a class; without the catalogue it is taken to. */
export function takesClass(card: MethodCard | undefined): boolean {
  return !card || Object.hasOwn((card.schema.properties as object | undefined) ?? {}, "target");
}

/** Whether parameters ask about a unit of a layer instead of a class. */
export function asksUnit(params: Params): boolean {
  return typeof params.layer === "string" && typeof params.channel === "number";
}

/** The class that a record explains for one of its pictures; null where it explains none, or a unit. */
export function explainedClass(facts: Record<string, unknown> | undefined, picture: number): number | null {
  const target = (facts?.targets as unknown[] | undefined)?.[picture];
  return typeof target === "number" ? target : null;
}

/** Whether a job is about the class that the bench explains. */
export function fits(job: JobView, scene: Scene, result: ResultAnswer | undefined): boolean {
  const { request } = job;
  const asked = request.params.target;
  if (typeof asked === "number") return asked === wantedClass(scene);
  if (scene.chosen === null) return true;
  const facts = (heatmapOf(result) ?? result?.records[0])?.facts;
  if (facts && !Array.isArray(facts.targets)) return true;
  return explainedClass(facts, pictureOf(request, scene)) === scene.chosen;
}

/** The job whose state the place shows: a finished one, else one under way, else one that failed on this page. */
export function shownJob(
  slot: Pick<Slot, "jobs" | "params">,
  scene: Scene,
  results: ReadonlyMap<string, ResultAnswer>,
  asked: ReadonlySet<string>,
): JobView | undefined {
  const isUnit = asksUnit(slot.params);
  const own = slot.jobs.filter((job) => isUnit || fits(job, scene, results.get(job.request.id)));
  return (
    own.find((job) => job.status.state === "done") ??
    own.find((job) => isAlive(job)) ??
    own.find((job) => asked.has(job.request.id))
  );
}

/** The rectangles of one picture's map, as shares of it. */
export function boxesOf(
  facts: Record<string, unknown> | undefined,
  picture: number,
  arrays: Record<string, { shape: number[] }>,
): Box[] {
  const [height = 0, width = 0] = Object.values(arrays)[0]?.shape.slice(-2) ?? [];
  const boxes: unknown = (facts?.boxes as unknown[] | undefined)?.[picture];
  if (!Array.isArray(boxes) || height === 0 || width === 0) return [];
  const isNested = boxes.length > 0 && Array.isArray(boxes[0]);
  return (isNested ? (boxes as unknown[]) : [boxes]).flatMap((box) => {
    if (!Array.isArray(box) || box.length !== 4 || !box.every(Number.isFinite)) return [];
    const [top, left, bottom, right] = box as [number, number, number, number];
    return [{ top: top / height, left: left / width, bottom: bottom / height, right: right / width }];
  });
}

/** Whether a place's recorded map explains the class that is asked about. */
export function isRecordedFor(scene: Scene, { series }: Slot): boolean {
  if (!series) return false;
  const target = explainedClass(series.facts, scene.image);
  return scene.chosen === null || target === null || target === scene.chosen;
}

/** Whether a place has neither a recorded map of the class nor a job for one, be it a failed one of this page. */
export function isEmpty(
  { scene, results, asked }: Pick<Known, "scene" | "results" | "asked">,
  slot: Slot,
): boolean {
  if (shownJob(slot, scene, results, asked)) return false;
  return !isRecordedFor(scene, slot);
}
