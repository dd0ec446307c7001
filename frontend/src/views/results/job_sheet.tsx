/** Jobs that differ in one thing, side by side with that thing under each: a contact sheet, over steps a film strip. */

import type { Client } from "../../api/client";
import type { JobView, MethodCard, RunIndex } from "../../api/types";
import { sheetCanvas } from "../../draw/sheet";
import type { Store } from "../../state/store";
import { fileName, savePicture } from "../../ui/save_picture";
import { JobPicture } from "./job_picture";
import { isUnderWay, stateText } from "./job_text";
import { type PaperPicture, paperPictures } from "./paper";
import { captionText, pngTexts, titleOf } from "./provenance";
import type { Sheet } from "./sheets";
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
  place: { client: Client; store: Store },
  sheet: Sheet,
  job: JobView,
  { card, index }: { card: MethodCard | undefined; index: RunIndex | null },
): Promise<string> {
  const pictures: PaperPicture[] = [];
  for (const one of sheet.jobs.filter((other) => other.status.result !== null)) {
    const own = await paperPictures(place, one, index);
    const label = labelOf(one, sheet.by);
    for (const picture of own)
      pictures.push({ ...picture, caption: own.length > 1 ? `${label} · ${picture.caption}` : label });
  }
  const canvas = sheetCanvas(pictures, Math.min(COLUMNS, Math.max(pictures.length, 1)));
  if (!canvas) throw new Error("no picture is there yet");
  const what = `${titleOf(job.request, card)}, ${sheetTitle(sheet.by)}`;
  const caption = captionText(job, card, what);
  await savePicture(canvas, fileName(`${what} ${job.run}`), pngTexts(caption, pictures));
  return "Saved";
}
