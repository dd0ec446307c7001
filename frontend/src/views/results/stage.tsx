/** The room in which a job's picture emerges: as large before as after, so that nothing moves. */

import { useLayoutEffect, useRef, useState } from "preact/hooks";
import type { Client } from "../../api/client";
import type { JobView, ResultAnswer } from "../../api/types";
import { secondsOf } from "../../state/job_list";
import type { Store } from "../../state/store";
import { Failed, Waiting } from "../../ui/panel_state";
import type { Drawn } from "../../ui/picture_grid";
import { Select } from "../../ui/select";
import type { Box } from "./fit";
import { GalleryView, isStuck, objectiveText } from "./gallery";
import { isUnderWay, progressText } from "./job_text";
import { Preview } from "./preview";
import { durationText } from "./provenance";
import { RecordBody } from "./record_body";
import type { Gallery, Loaded } from "./use_result";

interface Props {
  client: Client;
  store: Store;
  job: JobView;
  room: Box;
  drawn: Drawn;
  result: Loaded<ResultAnswer>;
  gallery: Loaded<Gallery>;
  enlarged: number | null;
  onEnlarge: (index: number | null) => void;
  selected: number | null;
  onSelect: (index: number) => void;
}

export function Stage(props: Props) {
  const { job, room } = props;
  const { state, result, preview } = job.status;
  const hasFailed = state === "failed" && result === null;
  return (
    <>
      {hasFailed && <Reason {...props} />}
      {!(hasFailed && preview === null) && (
        <div class="stage" style={{ height: `${room.height}px` }} aria-busy={isUnderWay(job.status)}>
          {result === null ? <Emerging {...props} /> : <Ended {...props} />}
        </div>
      )}
      <Line {...props} />
    </>
  );
}

/** Until there is a result: the last preview, or what is waited for. */
function Emerging({ client, job, room }: Props) {
  const { status } = job;
  if (status.preview === null)
    return (
      <div class="stage-empty">
        {isUnderWay(status) ? progressText(status) : "it ended before there was a picture"}
      </div>
    );
  return (
    <Preview client={client} job={job} room={room} label={`the picture so far, ${progressText(status)}`} />
  );
}

function Ended(props: Props) {
  const { client, job, room, store, result, gallery } = props;
  const [chosen, setChosen] = useState(0);
  if (result.error) return <Failed error={result.error} retry={result.retry} />;
  if (gallery.error) return <Failed error={gallery.error} retry={gallery.retry} />;
  if (gallery.value) return <GalleryView {...props} gallery={gallery.value} theme={store.theme.value} />;
  const records = result.value?.records.filter((record) => record.kind !== "images") ?? [];
  const record = records[chosen];
  // The preview stays until the result has come.
  if (!result.value || !record)
    return job.status.preview === null ? (
      <Waiting late what="the result" />
    ) : (
      <Preview client={client} job={job} room={room} label="the last preview" />
    );
  return (
    <>
      {records.length > 1 && (
        <Select
          label="Layer"
          value={String(chosen)}
          options={records.map((one, at) => ({ value: String(at), text: one.layer ?? one.key }))}
          onChoose={(at) => setChosen(Number(at))}
        />
      )}
      <RecordBody
        {...{ client, store, job, record, room }}
        drawn={props.drawn}
        digest={result.value.digest}
      />
    </>
  );
}

/** Why it failed, first; then the tail of its log. */
function Reason({ client, job }: Props) {
  const [log, setLog] = useState<string | null>(null);
  const { message, kind, log_tail: tail } = job.status;
  const text = log ?? tail;
  const box = useRef<HTMLElement>(null);
  // What went wrong stands at the end.
  useLayoutEffect(() => {
    if (box.current) box.current.scrollTop = box.current.scrollHeight;
  }, [text]);
  const showAll = (): void => {
    client.jobs.log(job.request.id).then(setLog, (error: unknown) => setLog(String(error)));
  };
  return (
    <div class="res-reason" role="alert">
      <p>
        <b class="bad">▲ {message || "it failed"}</b>
        {kind && <span class="cap"> {kind}</span>}
      </p>
      {text && (
        <>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by keyboard */}
          <section ref={box} class="res-log" tabIndex={0} aria-label="end of the log">
            <pre class="code">{text}</pre>
          </section>
          {log === null && (
            <button type="button" class="link cap" onClick={showAll}>
              more of the log
            </button>
          )}
        </>
      )}
    </div>
  );
}

/** One line below the picture: how far it is, or what it shows. */
function Line(props: Props) {
  const { job, gallery, enlarged, onEnlarge, selected } = props;
  const { status } = job;
  const share = status.total > 0 ? Math.min(1, status.iteration / status.total) : 0;
  if (isUnderWay(status))
    return (
      <div class="stage-line" role="status">
        <div class="progress" style={{ "--share": `${100 * share}%` }} />
        <span class="cap">{progressText(status)}</span>
      </div>
    );
  const pictures = gallery.value;
  const at = pictures?.count === 1 ? 0 : (enlarged ?? selected);
  return (
    <div class="stage-line">
      <div class="row">
        {pictures && pictures.count > 1 && (
          <Walk count={pictures.count} at={enlarged} from={selected} onEnlarge={onEnlarge} />
        )}
        {pictures && at !== null && (
          <b class={isStuck(pictures, at) ? "cap warn clip" : "cap clip"}>
            {pictures.captions[at]}
            {isStuck(pictures, at) && " ▲ the network gives no gradient here"}
          </b>
        )}
        <span class="cap nowrap">{endText(props, at)}</span>
      </div>
    </div>
  );
}

function endText({ job, gallery }: Props, at: number | null): string {
  const { status } = job;
  const seconds = secondsOf(job);
  const value = gallery.value && at !== null ? objectiveText(gallery.value, at) : "";
  const parts = [value && `${status.objective_name || "objective"} ${value}`];
  if (status.state === "cancelled")
    parts.push(`cancelled at iteration ${status.iteration} of ${status.total}, ${keptText(job)}`);
  else if (status.state === "done" && status.message) parts.push(status.message);
  if (seconds !== null) parts.push(durationText(seconds));
  return parts.filter(Boolean).join(" · ");
}

function keptText({ network }: JobView): string {
  return network ? "the network kept as it is: use it, or go on" : "its last picture kept";
}

interface WalkProps {
  count: number;
  at: number | null;
  from: number | null;
  onEnlarge: (index: number | null) => void;
}

/** From the sheet to one picture, to its neighbours, and back. */
function Walk({ count, at, from, onEnlarge }: WalkProps) {
  if (at === null)
    return (
      <button type="button" class="btn q" onClick={() => onEnlarge(from ?? 0)}>
        Enlarge <kbd>↵</kbd>
      </button>
    );
  const go = (by: number): void => onEnlarge((at + by + count) % count);
  return (
    <>
      <button type="button" class="btn" onClick={() => onEnlarge(null)}>
        All {count}
      </button>
      <button type="button" class="btn q" aria-label="picture before" onClick={() => go(-1)}>
        ‹
      </button>
      <button type="button" class="btn q" aria-label="next picture" onClick={() => go(1)}>
        ›
      </button>
    </>
  );
}
