/** Jobs that differ in one thing, side by side with that thing under each: a contact sheet, over steps a film strip. */

import type { Client } from "../../api/client";
import type { JobView, MethodCard } from "../../api/types";
import { type SheetPicture, sheetCanvas } from "../../draw/sheet";
import { truePixels } from "../../draw/true_colours";
import type { Store } from "../../state/store";
import { fileName, savePicture } from "../../ui/save_picture";
import { JobPicture } from "./job_picture";
import { isUnderWay, stateText } from "./job_text";
import { captionText, pngTexts, titleOf } from "./provenance";
import type { Sheet } from "./sheets";
import { loadGallery } from "./use_result";
import { SEED, STEP, textOf, valueIn } from "./variations";

interface Props {
  client: Client;
  store: Store;
  sheet: Sheet;
  /** Id of the job looked at. */
  current: string;
  side: number;
  onOpen: (id: string) => void;
  /** With Shift: compared with the job looked at. */
  onCompare?: (id: string) => void;
}

export function JobSheet({ client, store, sheet, current, side, onOpen, onCompare }: Props) {
  return (
    <ol class="job-sheet" aria-label={sheetTitle(sheet.by)}>
      {sheet.jobs.map((job) => {
        const { id } = job.request;
        const label = labelOf(job, sheet.by);
        return (
          <li key={label}>
            <button
              type="button"
              class={id === current ? "on" : ""}
              aria-current={id === current ? "true" : undefined}
              title={onCompare ? "open it; with Shift: compare with it" : "open it"}
              onClick={(event) => {
                if (event.shiftKey && onCompare && id !== current) onCompare(id);
                else onOpen(id);
              }}
            >
              <JobPicture client={client} store={store} job={job} side={side} label={label} />
              <span class="clip" style={{ maxWidth: `${side}px` }}>
                {label}
              </span>
              {isUnderWay(job.status) && <span class="unseen">{stateText(job.status)}</span>}
            </button>
          </li>
        );
      })}
    </ol>
  );
}

/** "over training", "other seeds", "rate". */
export function sheetTitle(by: string): string {
  if (by === STEP) return "over training";
  return by === SEED ? "seeds" : by.replaceAll("_", " ");
}

/** What stands under a job's picture. */
export function labelOf(job: JobView, by: string): string {
  const value = valueIn(job.request, by);
  if (by === STEP) return value === null ? "stored weights" : `step ${value}`;
  return by === SEED ? `seed ${value}` : textOf(value);
}

const COLUMNS = 8;

/** The whole sheet as one PNG with the provenance of every picture; jobs without one are left out. */
export async function saveSheet(
  client: Client,
  sheet: Sheet,
  job: JobView,
  card: MethodCard | undefined,
): Promise<string> {
  const done = sheet.jobs.filter((one) => one.status.result !== null);
  const pictures: (SheetPicture & { job: JobView })[] = [];
  const origins: Parameters<typeof pngTexts>[1][number][] = [];
  for (const one of done) {
    const gallery = await loadGallery(client, one);
    if (!gallery) continue;
    for (let picture = 0; picture < gallery.count; picture++) {
      const several = gallery.count > 1 ? ` · ${gallery.captions[picture]}` : "";
      const { width, height } = gallery;
      const caption = labelOf(one, sheet.by) + several;
      pictures.push({ pixels: truePixels(gallery, picture), width, height, caption, job: one });
      origins.push({ job: one, record: gallery.records[picture], picture });
    }
  }
  const canvas = sheetCanvas(pictures, Math.min(COLUMNS, Math.max(pictures.length, 1)));
  if (!canvas) throw new Error("no picture is there yet");
  const what = `${titleOf(job.request, card)}, ${sheetTitle(sheet.by)}`;
  const caption = `${what} · ${captionText(job, card, "")}`;
  await savePicture(canvas, fileName(`${what} ${job.run}`), pngTexts(caption, origins));
  return "Saved";
}
