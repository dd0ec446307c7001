/** Title and buttons of a result. */

import type { Client } from "../../api/client";
import type { JobView, MethodCard, ResultAnswer, RunIndex } from "../../api/types";
import { captioned } from "../../draw/captioned";
import { linkOf } from "../../state/host";
import type { Store } from "../../state/store";
import { copyPicture } from "../../ui/clipboard";
import { CopyButton, CopyLink, CopyPicture, CopyPython } from "../../ui/copy_button";
import type { Drawn } from "../../ui/picture_grid";
import { fileName, savePicture } from "../../ui/save_picture";
import { subjectText } from "../jobs/subject";
import { CompareControl } from "./compare_results";
import { candidates, comparisonLabels } from "./comparison";
import { isUnderWay } from "./job_text";
import { ON_PAPER, onPaper, paperPictures } from "./paper";
import { captionText, pngTexts, titleOf } from "./provenance";
import { recordOf } from "./record";
import { useRunIndex } from "./run_index";
import { UseAsInput, UseNetwork } from "./use_as_input";
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
  /** The one that is looked at, or selected among several. */
  chosen: number | null;
  drawn: Drawn;
  against: JobView | null;
  onAgainst: (id: string | null) => void;
  onAgain: () => void;
  onSeed: () => void;
  onChange: () => void;
  onCancel: () => void;
}

export function PanelHead(props: Props) {
  const { client, store, job, card, result, gallery, drawn, picture } = props;
  const caption = captionText(job, card, ownCaption(gallery, picture));
  const { status, request } = job;
  const index = useRunIndex(store, client, job.run);
  const save = async (): Promise<string> => {
    const pictures = await shownPictures(props, index);
    await savePicture(onPaper(pictures), fileName(caption), pngTexts(caption, pictures));
    return "Saved";
  };
  const copy = async (): Promise<string> => {
    const pictures = await shownPictures(props, index);
    const canvas = captioned(onPaper(pictures), caption);
    return (await copyPicture(canvas, fileName(caption))) === "copied" ? "Copied" : "Saved";
  };
  return (
    <>
      <div class="head">
        <h1 class="clip">{titleOf(request, card)}</h1>
        <span class="t clip" title={`job ${request.id}`}>
          {subjectText(request, index)}
        </span>
        <span class="grow" />
        <CopyLink link={() => linkOf(store)} />
        {result && <CopyPython python={async () => result.python} />}
        {result?.records.some((record) => ON_PAPER.includes(record.kind)) && (
          <>
            <CopyButton label="Picture" title="Copy the picture with its caption" copy={copy} />
            <CopyButton
              label="PNG"
              title="Save as a PNG file that says in itself where it comes from"
              copy={save}
            />
          </>
        )}
        {result?.records.some((record) => record.kind === "kernels" || record.kind === "feature_maps") && (
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
        {gallery && <UseAsInput store={store} job={job} gallery={gallery} picture={props.chosen} />}
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
      <UseNetwork store={store} job={job} />
      {!isWhole && (
        <button
          type="button"
          class="btn"
          disabled={off !== undefined}
          title={off ?? (card?.makes ? "The same request: the training goes on where it stopped" : undefined)}
          onClick={onAgain}
        >
          {card?.makes ? "Go on" : "Run again"}
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

/** The one picture shown large, else all of them. */
async function shownPictures({ client, store, job, picture }: Props, index: RunIndex | null) {
  const all = await paperPictures({ client, store }, job, index);
  const one = picture === null ? undefined : all[picture];
  return one ? [one] : all;
}
