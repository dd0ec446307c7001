/** Title and buttons of a result. */

import type { Client } from "../../api/client";
import type { JobView, MethodCard, ResultAnswer } from "../../api/types";
import { sheetCanvas } from "../../draw/sheet";
import { truePixels } from "../../draw/true_colours";
import { linkOf } from "../../state/host";
import type { Store } from "../../state/store";
import { CopyButton, CopyLink, CopyPicture, CopyPython } from "../../ui/copy_button";
import type { Drawn } from "../../ui/picture_grid";
import { fileName, savePicture } from "../../ui/save_picture";
import { CompareControl } from "./compare_results";
import { candidates, comparisonLabels } from "./comparison";
import { isUnderWay } from "./job_text";
import { captionText, pngTexts, titleOf } from "./provenance";
import { recordOf } from "./record";
import type { Gallery } from "./use_result";
import { hasChance } from "./variations";

interface Props {
  client: Client;
  store: Store;
  job: JobView;
  card: MethodCard | undefined;
  result: ResultAnswer | undefined;
  gallery: Gallery | undefined;
  /** The one picture shown large; null for the sheet. */
  picture: number | null;
  drawn: Drawn;
  against: JobView | null;
  onAgainst: (id: string | null) => void;
  onAgain: () => void;
  onSeed: () => void;
  onChange: () => void;
  onCancel: () => void;
}

export function PanelHead(props: Props) {
  const { store, job, card, result, gallery, drawn, picture } = props;
  const caption = captionText(job, card, ownCaption(gallery, picture));
  const { status, request } = job;
  return (
    <>
      <div class="head">
        <h1 class="clip">{titleOf(request, card)}</h1>
        <span class="t clip" title={request.id}>
          {request.id}
        </span>
        <span class="grow" />
        <CopyLink link={() => linkOf(store)} />
        {result && <CopyPython python={async () => result.python} />}
        {gallery && (
          <>
            <CopyPicture picture={() => paper(gallery, picture)} caption={() => caption} />
            <CopyButton
              label="PNG"
              title="Save as a PNG file that says in itself where it comes from"
              copy={() => save(job, gallery, picture, caption)}
            />
          </>
        )}
        {!gallery && result && (
          <CopyPicture picture={() => drawn.current?.() ?? null} caption={() => caption} />
        )}
      </div>
      <div class="bar">
        {isUnderWay(status) ? (
          <button type="button" class="btn" disabled={status.state === "cancelling"} onClick={props.onCancel}>
            Cancel
          </button>
        ) : (
          <Next {...props} />
        )}
        <button type="button" class="btn q" title="Put this request into the form" onClick={props.onChange}>
          Change and run …
        </button>
        <span class="grow" />
        {(gallery || recordOf(result, "heatmap")) && <Against {...props} />}
      </div>
    </>
  );
}

/** What may be asked next of a job that has ended. */
function Next({ store, job, card, onAgain, onSeed }: Props) {
  const session = store.session.value;
  const off = session?.jobs === false ? session.reason : undefined;
  const isWhole = job.status.state === "done";
  return (
    <>
      {!isWhole && (
        <button type="button" class="btn" disabled={off !== undefined} title={off} onClick={onAgain}>
          Run again
        </button>
      )}
      {hasChance(card) && (
        <button
          type="button"
          class="btn"
          disabled={off !== undefined}
          title={off ?? "The same request with other random numbers"}
          onClick={onSeed}
        >
          Run with another seed
        </button>
      )}
    </>
  );
}

const MOST_OFFERED = 40;

/** Which result stands beside this one. */
function Against({ store, job, against, onAgainst }: Props) {
  const methods = store.catalogue.value?.catalogue?.methods ?? [];
  const kinds = new Map(methods.map((card) => [card.name, card.kind]));
  const offered = candidates(job, store.jobs.value.byId.values(), kinds).slice(0, MOST_OFFERED);
  if (offered.length === 0) return null;
  return (
    <>
      <label class="sel caret">
        <i>Compare with</i>
        <select
          value={against?.request.id ?? ""}
          onChange={(event) => onAgainst(event.currentTarget.value || null)}
        >
          <option value="">nothing</option>
          {offered.map((one) => (
            <option key={one.request.id} value={one.request.id}>
              {comparisonLabels(one, job)[0]}
            </option>
          ))}
        </select>
      </label>
      {against && <CompareControl store={store} />}
    </>
  );
}

function ownCaption(gallery: Gallery | undefined, picture: number | null): string {
  if (!gallery) return "";
  return picture === null ? `${gallery.count} pictures` : (gallery.captions[picture] ?? "");
}

/** The picture, or all with their captions, as they go on paper. */
function paper(gallery: Gallery, picture: number | null): HTMLCanvasElement | null {
  const { width, height } = gallery;
  const some = picture === null ? Array.from({ length: gallery.count }, (_, at) => at) : [picture];
  const pictures = some.map((at) => ({
    pixels: truePixels(gallery, at),
    width,
    height,
    caption: picture === null ? (gallery.captions[at] ?? "") : "",
  }));
  return sheetCanvas(
    pictures,
    Math.ceil(Math.sqrt(some.length)),
    picture === null ? undefined : { bare: true },
  );
}

async function save(
  job: JobView,
  gallery: Gallery,
  picture: number | null,
  caption: string,
): Promise<string> {
  const canvas = paper(gallery, picture);
  if (!canvas) throw new Error("no picture is there");
  const some = picture === null ? gallery.records.map((_, at) => at) : [picture];
  const origins = some.map((at) => ({ job, record: gallery.records[at], picture: at }));
  await savePicture(canvas, fileName(caption), pngTexts(caption, origins));
  return "Saved";
}
