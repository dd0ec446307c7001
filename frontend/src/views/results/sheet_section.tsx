/** Below a result: the sheets it is part of, and the way to make one. */

import { useState } from "preact/hooks";
import type { Client } from "../../api/client";
import type { JobView, MethodCard, RunIndex } from "../../api/types";
import type { Store } from "../../state/store";
import { CopyButton } from "../../ui/copy_button";
import { JobSheet, saveSheet, sheetTitle } from "./job_sheet";
import { ON_PAPER } from "./paper";
import type { Sheet } from "./sheets";
import { STEP, textOf, valueIn, variables } from "./variations";
import { VaryEditor } from "./vary";

interface Props {
  client: Client;
  store: Store;
  job: JobView;
  card: MethodCard | undefined;
  index: RunIndex | null;
  sheets: readonly Sheet[];
  /** Of the panel, px. */
  width: number;
  onOpen: (id: string) => void;
  onCompare: (id: string) => void;
  onVary: (by: string) => void;
}

const LARGEST = 112;
const SMALLEST = 48;
const GAP = 8;

/** So large that all stand in one row, within reason. */
function sideFor(count: number, width: number): number {
  return Math.min(LARGEST, Math.max(SMALLEST, Math.floor((width - 4 + GAP) / count) - GAP));
}

/** What was varied last, kept while one goes from job to job of a sheet. */
let lastVaried: string | null = null;

export function SheetSection(props: Props) {
  const { client, store, job, card, index, sheets, width, onOpen, onCompare, onVary } = props;
  const [asked, setAsked] = useState<string | null>(lastVaried);
  const all = card ? variables(card, job.request, index) : [];
  const by = choose(
    asked,
    sheets,
    all.map((one) => one.by),
  );
  const variable = all.find((one) => one.by === by);
  const sheet = sheets.find((one) => one.by === by);
  const pick = (next: string): void => {
    lastVaried = next || null;
    setAsked(lastVaried);
    if (next) onVary(next);
  };
  const hasSteps = all.some((one) => one.by === STEP);
  return (
    <section class="res-sheets" aria-label="the same with something else">
      <div class="row">
        <label class="sel caret">
          <i>Vary</i>
          <select
            value={by ?? ""}
            disabled={all.length === 0}
            onChange={(event) => pick(event.currentTarget.value)}
          >
            <option value="">one parameter …</option>
            {all.map((one) => (
              <option key={one.by} value={one.by}>
                {one.title + countText(sheets, one.by)}
              </option>
            ))}
          </select>
        </label>
        {hasSteps && by !== STEP && (
          <button type="button" class="btn" onClick={() => pick(STEP)}>
            Over training …
          </button>
        )}
        <span class="cap clip">
          {sheet && by !== null
            ? `${sheet.jobs.length} jobs, ${sheetTitle(by)}; everything else the same`
            : (whyNothing(store, card, job) ?? "one job a value, everything else the same")}
        </span>
        <span class="grow" />
        {sheet && card && ON_PAPER.includes(card.kind) && (
          <CopyButton
            label="PNG"
            title="Save the sheet as one PNG file with the provenance of every picture"
            copy={() => saveSheet({ client, store }, sheet, job, { card, index })}
          />
        )}
      </div>
      {sheet && (
        <JobSheet
          client={client}
          store={store}
          sheet={sheet}
          current={job.request.id}
          side={sideFor(sheet.jobs.length, width)}
          onOpen={onOpen}
          onCompare={onCompare}
        />
      )}
      {variable && (
        <VaryEditor
          {...{ client, store, job, variable }}
          there={(sheet?.jobs ?? [job]).map((one) => textOf(valueIn(one.request, variable.by)))}
          onAsked={() => onVary(variable.by)}
        />
      )}
    </section>
  );
}

/** What was asked for, else the largest sheet there is. */
function choose(asked: string | null, sheets: readonly Sheet[], known: readonly string[]): string | null {
  if (asked !== null && (known.includes(asked) || sheets.some((sheet) => sheet.by === asked))) return asked;
  return sheets[0]?.by ?? null;
}

/** Why nothing can be varied; null when something can. */
function whyNothing(store: Store, card: MethodCard | undefined, job: JobView): string | null {
  if (card) return null;
  const catalogue = store.catalogue.value;
  if (catalogue?.state === "failed") return catalogue.reason;
  if (catalogue?.state === "ready")
    return `${job.request.method} is not among the methods of this installation`;
  return "reading what can be varied …";
}

function countText(sheets: readonly Sheet[], by: string): string {
  const sheet = sheets.find((one) => one.by === by);
  return sheet ? ` · ${sheet.jobs.length} there` : "";
}
