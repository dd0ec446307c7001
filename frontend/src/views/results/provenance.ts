/** Where a picture comes from, in words: for the panel, for captions, and inside a PNG. */

import type { JobRequest, JobView, MethodCard, ResultRecord } from "../../api/types";
import { withoutDefaults } from "../../state/draft";
import { methodTitle } from "../records/series";
import { textOf } from "./variations";

/** The method's own title where the catalogue is there. */
export function titleOf(request: JobRequest, card: MethodCard | undefined): string {
  return card?.title ?? methodTitle(request.method);
}

/** Parameters that differ from their defaults, as the panel lists them; all of them without the card. */
export function changedParams(request: JobRequest, card: MethodCard | undefined): [string, string][] {
  const kept = withoutDefaults(card, request.params);
  return Object.entries(kept)
    .filter(([, value]) => card !== undefined || (value !== null && textOf(value) !== "none"))
    .map(([name, value]) => [name.replaceAll("_", " "), textOf(value)]);
}

/** "step 400", or what stands for it. */
export function stepText(request: JobRequest): string {
  return request.step === null ? "stored weights" : `step ${request.step}`;
}

/** "block1.relu 23 · Activation maximisation · step 400 of run lr-0.2 · rule gradient · seed 0". */
export function captionText(job: JobView, card: MethodCard | undefined, own: string): string {
  const { request, run } = job;
  const params = changedParams(request, card)
    .filter(([name]) => name !== "units" && name !== "layer")
    .map(([name, value]) => `${name} ${value}`);
  const title = titleOf(request, card);
  return [own, title, `${stepText(request)} of run ${run}`, ...params, `seed ${request.seed}`]
    .filter(Boolean)
    .join(" · ");
}

/** Texts of a PNG, by keyword: the caption, and the whole provenance as JSON. */
export function pngTexts(
  caption: string,
  jobs: readonly { job: JobView; record: ResultRecord | undefined; picture: number }[],
): Record<string, string> {
  const origins = jobs.map(({ job, record, picture }) => ({
    job: job.request.id,
    picture,
    provenance: record?.provenance ?? { ...job.request },
  }));
  return {
    Title: caption.split(" · ").slice(0, 2).join(" · "),
    Description: caption,
    Software: "CNN Viz",
    cnnviz: JSON.stringify(origins.length === 1 ? origins[0] : origins),
  };
}

/** Seconds as a person says them: "0.4 s", "12 s", "3 min 5 s". */
export function durationText(seconds: number): string {
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 90) return `${Math.round(seconds)} s`;
  const whole = Math.round(seconds);
  const minutes = Math.floor(whole / 60);
  const rest = whole - 60 * minutes;
  return minutes < 60 ? `${minutes} min ${rest} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
