/** Pictures that earlier jobs have made, to be looked at by a further one. */

import { useState } from "preact/hooks";
import type { JobView } from "../../api/types";
import type { OwnInput } from "../../state/own_inputs";
import type { Store } from "../../state/store";
import { resultInput } from "../results/result_input";
import { loadGallery } from "../results/use_result";
import type { ViewProps } from "../view";
import { JobThumb } from "./job_thumb";
import { indexOf, subjectText } from "./subject";
import { titleOf } from "./titles";

interface Props extends ViewProps {
  isOn: (url: string) => boolean;
  press: (picture: OwnInput) => void;
}

const FIRST = 30;

/** Jobs that have made pictures, this run's first, each group the latest first. */
export function resultJobs(store: Store): JobView[] {
  const { order, byId } = store.jobs.value;
  const cards = store.catalogue.value?.catalogue?.methods ?? [];
  const makers = new Set(cards.filter((card) => card.kind === "images").map((card) => card.name));
  const jobs = order.flatMap((id) => byId.get(id) ?? []);
  const made = jobs.filter(({ status, request }) => status.result !== null && makers.has(request.method));
  const run = store.a.run.value;
  return [...made.filter((job) => job.run === run), ...made.filter((job) => job.run !== run)];
}

export function ResultsShelf({ store, client, isOn, press }: Props) {
  const [isAll, showAll] = useState(false);
  const [opened, open] = useState<{ title: string; pictures: OwnInput[] } | null>(null);
  const [trouble, setTrouble] = useState("");
  const jobs = resultJobs(store);
  const take = async (job: JobView): Promise<void> => {
    setTrouble("");
    try {
      const gallery = await loadGallery(client, job);
      if (!gallery) return;
      const pictures = Array.from({ length: gallery.count }, (_, at) => resultInput(store, job, gallery, at));
      const [only] = pictures;
      if (pictures.length === 1 && only) press(only);
      else open({ title: titleOf(store, job.request), pictures });
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : String(error));
    }
  };
  if (opened)
    return (
      <>
        <div class="row">
          <button type="button" class="btn q" onClick={() => open(null)}>
            ‹ All results
          </button>
          <span class="cap clip grow">{opened.title}: which picture</span>
        </div>
        <fieldset class="f-thumbs" aria-label={`Pictures of ${opened.title}`}>
          {opened.pictures.map((picture, at) => (
            <button
              key={picture.url}
              type="button"
              aria-pressed={isOn(picture.url)}
              aria-label={`picture ${at + 1}`}
              onClick={() => press(picture)}
            >
              <img src={picture.url} alt="" width={32} height={32} />
            </button>
          ))}
        </fieldset>
      </>
    );
  if (jobs.length === 0)
    return <p class="cap">No job has made a picture yet; what one makes can be looked at by the next.</p>;
  return (
    <>
      <fieldset class="f-thumbs" aria-label="Results">
        {jobs.slice(0, isAll ? jobs.length : FIRST).map((job) => {
          const subject = subjectText(job.request, indexOf(store, job));
          const title = [titleOf(store, job.request), subject].filter(Boolean).join(" · ");
          return (
            <button
              key={job.request.id}
              type="button"
              data-result={job.request.id}
              aria-label={title}
              title={title}
              onClick={() => void take(job)}
            >
              <JobThumb store={store} client={client} job={job} side={32} />
            </button>
          );
        })}
        {!isAll && jobs.length > FIRST && (
          <button type="button" class="link cap" onClick={() => showAll(true)}>
            {jobs.length - FIRST} more
          </button>
        )}
      </fieldset>
      {trouble && <p class="cap bad">▲ {trouble}</p>}
    </>
  );
}
