/** A job from its first preview to its result: the picture, where it comes from, and what to ask next. */

import { useEffect, useRef, useState } from "preact/hooks";
import type { Client } from "../../api/client";
import type { Draft } from "../../api/jobs";
import type { JobView } from "../../api/types";
import { cancel, ensureCatalogue } from "../../state/jobs";
import type { Store } from "../../state/store";
import { Failed } from "../../ui/panel_state";
import type { Drawn } from "../../ui/picture_grid";
import { useSize } from "../../ui/use_size";
import { cardOf } from "../jobs/titles";
import { askAgain, draftOf } from "./asking";
import { CompareResults } from "./compare_results";
import { comparisonLabels } from "./comparison";
import { Details } from "./details";
import { NetworkBench } from "./network_bench";
import { PanelHead } from "./panel_head";
import { titleOf } from "./provenance";
import { useRunIndex } from "./run_index";
import { SheetSection } from "./sheet_section";
import { sheetsOf } from "./sheets";
import { Stage } from "./stage";
import { useGallery, useResult } from "./use_result";

export { resultStyles } from "./styles";

interface Props {
  job: JobView;
  client: Client;
  store: Store;
  /** Put a draft into the form, to be changed before it is asked for. */
  onAgain: (draft: Draft) => void;
  /** A parameter is being varied; its name, or "@step" or "@seed". */
  onVary?: (by: string) => void;
}

const DETAILS = 252;
const GAP = 16;

export function ResultPanel(props: Props) {
  // Another job begins with nothing enlarged, selected or compared.
  return <Panel key={props.job.request.id} {...props} />;
}

function Panel({ job, client, store, onAgain, onVary }: Props) {
  const [box, size] = useSize<HTMLDivElement>();
  const [against, setAgainst] = useState<string | null>(null);
  const [enlarged, setEnlarged] = useState<number | null>(null);
  const [selected, setSelected] = useState<number | null>(null);
  const [failure, setFailure] = useState<Error | null>(null);
  const drawn: Drawn = useRef<(() => HTMLCanvasElement | null) | null>(null);
  useEffect(() => void ensureCatalogue(store, client), [store, client]);
  const card = cardOf(store, job.request);
  const index = useRunIndex(store, client, job.run);
  const result = useResult(client, job);
  const gallery = useGallery(client, job, result.value);
  const jobs = store.jobs.value.byId;
  const other = against === null ? undefined : jobs.get(against);
  const sheets = sheetsOf(job, jobs.values(), index);
  const isNarrow = size !== null && size.width < DETAILS + 320;
  const width = Math.max(200, (size?.width ?? 0) - (isNarrow ? 0 : DETAILS + GAP));
  const room = { width, height: roomHeight(width) };
  const open = (id: string): void => {
    store.job.value = id;
  };
  const attempt = (asked: Promise<unknown>): void => {
    setFailure(null);
    asked.catch((error: unknown) => setFailure(error instanceof Error ? error : new Error(String(error))));
  };
  const again = (change?: (draft: Draft) => Draft): void =>
    attempt(askAgain(store, client, job, change).then(({ job: asked }) => open(asked.request.id)));
  return (
    <section class="result-panel" ref={box} aria-label={`result of ${titleOf(job.request, card)}`}>
      <PanelHead
        {...{ client, store, job, card, drawn }}
        gallery={gallery.value}
        result={result.value}
        picture={gallery.value?.count === 1 ? 0 : enlarged}
        chosen={gallery.value?.count === 1 ? 0 : (enlarged ?? selected)}
        against={other ?? null}
        onAgainst={setAgainst}
        onAgain={() => again()}
        onSeed={() => again((draft) => ({ ...draft, seed: freshSeed(job, jobs.values()) }))}
        onChange={() => onAgain(draftOf(job))}
        onCancel={() => attempt(cancel(store, client, job.request.id))}
      />
      {failure && <Failed error={failure} retry={() => setFailure(null)} />}
      <NetworkBench client={client} store={store} job={job} />
      {size && (
        <div class="res-row">
          <div class="res-main" style={{ width: `${width}px` }}>
            {other ? (
              <div class="stage" style={{ height: `${room.height}px` }}>
                <CompareResults
                  {...{ client, store, room }}
                  a={job}
                  b={other}
                  labels={comparisonLabels(job, other)}
                  index={enlarged ?? selected ?? 0}
                />
              </div>
            ) : (
              <Stage
                {...{ client, store, job, room, drawn, enlarged, selected, result, gallery }}
                onEnlarge={setEnlarged}
                onSelect={setSelected}
              />
            )}
          </div>
          <Details
            {...{ client, store, job, card }}
            result={result.value}
            width={isNarrow ? width : DETAILS}
          />
        </div>
      )}
      <SheetSection
        {...{ client, store, job, card, index, sheets }}
        width={size?.width ?? 0}
        onOpen={open}
        onCompare={setAgainst}
        onVary={(by) => onVary?.(by)}
      />
    </section>
  );
}

/** As high as it is wide, within reason: the same before and after the picture is there. */
function roomHeight(width: number): number {
  return Math.round(Math.min(460, Math.max(260, width)));
}

/** The smallest seed above the job's that no like job has. */
function freshSeed(job: JobView, jobs: Iterable<JobView>): number {
  const taken = new Set(
    [...jobs].filter((one) => one.request.method === job.request.method).map((one) => one.request.seed),
  );
  let seed = job.request.seed + 1;
  while (taken.has(seed)) seed++;
  return seed;
}
