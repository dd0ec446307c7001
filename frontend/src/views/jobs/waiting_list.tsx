/** Jobs that wait, in turn: moved by buttons, keys or dragging, and cancelled. */

import { useState } from "preact/hooks";
import type { JobView } from "../../api/types";
import { cancel, move } from "../../state/jobs";
import type { ViewProps } from "../view";
import { indexOf, subjectText } from "./subject";
import { pressed, queueTrouble, titleOf } from "./titles";

interface Props extends ViewProps {
  jobs: readonly JobView[];
  shown: string | null;
}

/** The job that one of them comes to stand before when it moves by `by` places; null for the end, undefined: no move. */
export function placeBefore(ids: readonly string[], id: string, by: number): string | null | undefined {
  const at = ids.indexOf(id);
  const to = at + by;
  if (at < 0 || to < 0 || to >= ids.length) return undefined;
  return ids[by > 0 ? to + 1 : to] ?? null;
}

export function WaitingList({ store, client, jobs, shown }: Props) {
  const [dragged, setDragged] = useState<string | null>(null);
  const [over, setOver] = useState<string | null>(null);
  const ids = jobs.map((job) => job.request.id);
  const shift = (id: string, by: number): void => {
    const before = placeBefore(ids, id, by);
    if (before !== undefined) void pressed(move(store, client, id, before));
  };
  const drop = (target: string | null): void => {
    if (dragged !== null && target !== dragged) void pressed(move(store, client, dragged, target));
    setDragged(null);
    setOver(null);
  };
  return (
    <section class="queue-part" aria-label="Waiting">
      <h2>Waiting</h2>
      <ol>
        {jobs.map((job, at) => {
          const { id } = job.request;
          return (
            <li
              key={id}
              data-job={id}
              class={[shown === id && "on", over === id && "over"].filter(Boolean).join(" ")}
              draggable={jobs.length > 1}
              onDragStart={() => setDragged(id)}
              onDragEnd={() => {
                setDragged(null);
                setOver(null);
              }}
              onDragOver={(event) => {
                if (dragged === null) return;
                event.preventDefault();
                setOver(id);
              }}
              onDrop={(event) => {
                event.preventDefault();
                // Dropped on one that stands later it takes that one's place: before the next.
                const isLater = dragged !== null && ids.indexOf(dragged) < at;
                drop(isLater ? (ids[at + 1] ?? null) : id);
              }}
            >
              <Waiting
                store={store}
                client={client}
                job={job}
                place={at}
                count={jobs.length}
                shift={(by) => shift(id, by)}
              />
              {job.status.message && <p class="cap waiting-why">{job.status.message}</p>}
            </li>
          );
        })}
      </ol>
      <Trouble />
    </section>
  );
}

interface WaitingProps extends ViewProps {
  job: JobView;
  place: number;
  count: number;
  shift: (by: number) => void;
}

function Waiting({ store, client, job, place, count, shift }: WaitingProps) {
  const { id } = job.request;
  const title = titleOf(store, job.request);
  const name = `${title} ${subjectText(job.request, indexOf(store, job))}`.trim();
  return (
    <>
      <button
        type="button"
        class="plain grow clip"
        title={count > 1 ? "drag, or Alt with the arrows, to reorder" : undefined}
        onClick={() => {
          store.job.value = id;
        }}
        onKeyDown={(event) => {
          const by = event.key === "ArrowUp" ? -1 : event.key === "ArrowDown" ? 1 : 0;
          if (!by || !event.altKey) return;
          event.preventDefault();
          event.stopPropagation();
          shift(by);
        }}
      >
        {title} <span class="s">{subjectText(job.request, indexOf(store, job))}</span>
      </button>
      <span class="cap nowrap">{place === 0 ? "next" : `${place + 1}.`}</span>
      {count > 1 && (
        <>
          <Small label={`${name}: earlier`} text="↑" off={place === 0} press={() => shift(-1)} />
          <Small label={`${name}: later`} text="↓" off={place === count - 1} press={() => shift(1)} />
        </>
      )}
      <Small label={`${name}: cancel`} text="×" press={() => void pressed(cancel(store, client, id))} />
    </>
  );
}

interface SmallProps {
  label: string;
  text: string;
  off?: boolean;
  press: () => void;
}

export function Small({ label, text, off = false, press }: SmallProps) {
  return (
    <button type="button" class="icon small" aria-label={label} title={label} disabled={off} onClick={press}>
      <span aria-hidden="true">{text}</span>
    </button>
  );
}

export function Trouble() {
  return (
    <p class="queue-trouble cap bad" aria-live="polite">
      {queueTrouble.value && `▲ ${queueTrouble.value}`}
    </p>
  );
}
