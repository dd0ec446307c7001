/** Beside a result: what was asked, of what, with which weights and versions, and how it went. */

import { useState } from "preact/hooks";
import type { Client } from "../../api/client";
import type { JobView, MethodCard, ResultAnswer } from "../../api/types";
import { useAnswer } from "../../api/use_answer";
import { countText } from "../../draw/number_text";
import { secondsOf } from "../../state/job_list";
import type { Store } from "../../state/store";
import type { Schema } from "../../ui/form/schema";
import { PixelCanvas } from "../../ui/pixel_canvas";
import { partTexts, rolesOf } from "../jobs/roles";
import { examplePixels, exampleTitle, fitted } from "../records/examples";
import { Chain } from "./chain";
import { ObjectiveCurve } from "./objective_curve";
import { changedParams, durationText } from "./provenance";
import { useRunIndex } from "./run_index";

interface Props {
  client: Client;
  store: Store;
  job: JobView;
  card: MethodCard | undefined;
  result: ResultAnswer | undefined;
  width: number;
}

export function Details(props: Props) {
  const { job, card, width } = props;
  const changed = changedParams(job.request, card);
  return (
    <div class="res-details" style={{ width: `${width}px` }}>
      <Inputs {...props} />
      <Chain client={props.client} store={props.store} request={job.request} />
      <section>
        <h2>{card ? "Parameters that differ from their defaults" : "Parameters"}</h2>
        {changed.length === 0 ? (
          <p class="cap">none: all are at their defaults</p>
        ) : (
          <Pairs pairs={changed} />
        )}
      </section>
      <Provenance {...props} />
      {job.status.objective.length > 1 && (
        <section>
          <h2>Objective</h2>
          <ObjectiveCurve status={job.status} width={width} height={64} />
        </section>
      )}
    </div>
  );
}

function Pairs({ pairs }: { pairs: readonly (readonly [string, string])[] }) {
  return (
    <div class="kv">
      {pairs.map(([name, value]) => [
        <span key={`name ${name}`}>{name}</span>,
        <span key={`value ${name}`} class="clip" title={value}>
          {value}
        </span>,
      ])}
    </div>
  );
}

function Provenance({ job, result }: Props) {
  const { request, status, run, in_cache: isCached } = job;
  const record = result?.records[0];
  const provenance = record?.provenance;
  const seconds = secondsOf(job);
  const pairs: [string, string][] = [
    ["job", request.id],
    ["run", run],
    [
      "weights",
      request.step === null ? "stored with the model" : `checkpoint, step ${countText(request.step)}`,
    ],
    ["seed", String(request.seed)],
  ];
  if (status.device) pairs.push(["device", status.device]);
  if (seconds !== null) pairs.push(["time", durationText(seconds)]);
  if (provenance?.model_digest) pairs.push(["model", provenance.model_digest.slice(0, 12)]);
  for (const name of ["cnnviz", "torch"])
    if (provenance?.versions[name]) pairs.push([name, provenance.versions[name]]);
  if (request.created) pairs.push(["asked", new Date(request.created * 1000).toLocaleString()]);
  return (
    <section>
      <h2>Provenance</h2>
      <Pairs pairs={pairs} />
      {isCached && (
        <p class="cap">
          The logdir is read-only: this job lies in the cache folder of whoever runs TensorBoard.
        </p>
      )}
    </section>
  );
}

const THUMB = 56;
const MOST_THUMBS = 8;

/** What the method looked at: examples of the run, and own pictures. */
function Inputs({ client, store, job, card, result }: Props) {
  const [all, setAll] = useState(false);
  const index = useRunIndex(store, client, job.run);
  const facts = index?.examples;
  const { request } = job;
  const rows = exampleRows(job, card, result, facts?.count ?? 0);
  const ask = index && facts && rows.length ? client.examples(index.name, facts.digest) : null;
  const examples = useAnswer(ask, `${job.run}|${facts?.digest}`).value;
  if (rows.length + request.inputs === 0) return null;
  const shown = all ? rows : rows.slice(0, MOST_THUMBS);
  const roles = rolesOf((card?.schema ?? {}) as Schema);
  const parts = partTexts(roles, request.params, rows.length + request.inputs);
  return (
    <section>
      <h2>Input</h2>
      <div class="res-inputs">
        {shown.map((row, at) => {
          const pixels = examplePixels(examples, row);
          const title = `example ${exampleTitle(index, row)}`;
          return (
            pixels && (
              <span key={row} title={title}>
                <PixelCanvas {...pixels} size={fitted(pixels, THUMB)} label={title} />
                <span class="cap clip res-part">{parts[at]}</span>
              </span>
            )
          );
        })}
        {Array.from({ length: request.inputs }, (_, at) => (
          <span key={`input ${at}`}>
            <img class="res-input" src={client.jobs.inputUrl(request.id, at)} alt={`own input ${at}`} />
            <span class="cap clip res-part">{parts[rows.length + at]}</span>
          </span>
        ))}
        {shown.length < rows.length && (
          <button type="button" class="link cap" onClick={() => setAll(true)}>
            {rows.length - shown.length} more
          </button>
        )}
      </div>
    </section>
  );
}

/** Rows of the run's examples that the job looked at, as its result says, else as its request does. */
function exampleRows(
  { request }: JobView,
  card: MethodCard | undefined,
  result: ResultAnswer | undefined,
  count: number,
): number[] {
  const said = result?.records[0]?.facts.examples;
  if (Array.isArray(said))
    return said.flatMap((origin) => {
      const row = /^example (\d+)$/.exec(String(origin))?.[1];
      return row === undefined ? [] : [Number(row)];
    });
  if (request.examples.length > 0 || request.inputs > 0) return request.examples;
  return card?.needs_examples ? Array.from({ length: count }, (_, row) => row) : [];
}
