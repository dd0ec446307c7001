/** A record of a result that is no picture in true colours, drawn by its kind. */

import { useMemo, useState } from "preact/hooks";
import { useAnswer } from "../../api/use_answer";
import { exactText, shareText, valueText } from "../../draw/number_text";
import { Failed, Nothing, Waiting } from "../../ui/panel_state";
import type { Drawn } from "../../ui/picture_grid";
import { Segmented } from "../../ui/segmented";
import { className } from "../records/examples";
import { methodTitle } from "../records/series";
import type { Box } from "./fit";
import { countOf, originTitle, type RecordAddress } from "./record";
import { MapsGrid, RecordHeatmap } from "./record_maps";
import { useRunIndex } from "./run_index";
import { TrustCurves } from "./trust";
import { trustOf } from "./trust_of";

export interface RecordProps extends RecordAddress {
  room: Box;
  drawn: Drawn;
}

export function RecordBody(props: RecordProps) {
  const { kind } = props.record;
  if (kind === "feature_maps" || kind === "kernels") return <MapsGrid {...props} />;
  if (kind === "heatmap") return <Heatmaps {...props} />;
  if (kind === "trust") return <Judgements {...props} />;
  if (kind === "scores") return <Scores {...props} />;
  if (kind === "layer_table") return <LayerTable {...props} />;
  return (
    <Nothing title={`This page knows no results of the kind ${kind}`}>
      Its arrays can be loaded in Python.
    </Nothing>
  );
}

function Heatmaps(props: RecordProps) {
  const count = countOf(props.record);
  const side = Math.min(props.room.height - 60, count > 1 ? 240 : 420, props.room.width);
  return (
    <div class="res-figures">
      {Array.from({ length: count }, (_, image) => (
        <RecordHeatmap key={image} {...props} image={image} side={Math.max(120, side)} />
      ))}
    </div>
  );
}

function useArrays({ client, job, record, digest }: RecordProps) {
  const ask = client.jobs.arrays(job.request.id, { key: record.key, digest });
  return useAnswer(ask, `${job.request.id}|${digest}|${record.key}`);
}

function Judgements(props: RecordProps) {
  const { client, store, job, record, room } = props;
  const index = useRunIndex(store, client, job.run);
  const arrays = useArrays(props);
  const [row, setRow] = useState(0);
  const { value } = arrays;
  const trust = useMemo(
    () => value && trustOf({ arrays: value.tensors, facts: record.facts }, row),
    [value, record, row],
  );
  if (arrays.error) return <Failed error={arrays.error} retry={arrays.retry} />;
  if (!value) return <Waiting late={arrays.late} what={job.request.method} />;
  const of = typeof record.facts.method === "string" ? methodTitle(record.facts.method) : "the map";
  const count = countOf(record);
  return (
    <div class="res-scroll">
      <h2>How far {of} can be trusted</h2>
      {count > 1 && (
        <Segmented
          label="Which picture"
          value={String(row)}
          choices={Array.from({ length: count }, (_, at) => ({
            value: String(at),
            text: originTitle(record, at, index),
          }))}
          onChoose={(at) => setRow(Number(at))}
        />
      )}
      {trust ? (
        <TrustCurves trust={trust} width={Math.min(420, room.width)} />
      ) : (
        <Nothing title="Nothing was measured for this picture" />
      )}
    </div>
  );
}

const TOP = 5;

function Scores(props: RecordProps) {
  const { client, store, job, record } = props;
  const arrays = useArrays(props);
  const index = useRunIndex(store, client, job.run);
  if (arrays.error) return <Failed error={arrays.error} retry={arrays.retry} />;
  const table = arrays.value?.tensors.probabilities;
  if (!table) return <Waiting late={arrays.late} what={job.request.method} />;
  const [count = 0, classes = 0] = table.shape;
  return (
    <div class="res-scroll res-figures">
      {Array.from({ length: count }, (_, image) => {
        const row = Array.from(table.data.subarray(image * classes, (image + 1) * classes));
        const order = row.map((_, at) => at).sort((a, b) => (row[b] as number) - (row[a] as number));
        return (
          <div key={image} class="res-scores">
            <h2>{originTitle(record, image, index)}</h2>
            <div class="kv">
              {order.slice(0, TOP).map((target) => [
                <span key={`name ${target}`} class="clip">
                  {className(index, target)}
                </span>,
                <span key={`share ${target}`}>{shareText(row[target] as number)}</span>,
              ])}
            </div>
          </div>
        );
      })}
    </div>
  );
}

function LayerTable(props: RecordProps) {
  const { job, record } = props;
  const arrays = useArrays(props);
  if (arrays.error) return <Failed error={arrays.error} retry={arrays.retry} />;
  if (!arrays.value) return <Waiting late={arrays.late} what={job.request.method} />;
  const layers = Array.isArray(record.facts.layers) ? record.facts.layers.map(String) : [];
  const columns = Object.entries(arrays.value.tensors).filter(
    ([, { shape }]) => shape.length === 1 && shape[0] === layers.length,
  );
  return (
    <div class="res-scroll">
      <table>
        <thead>
          <tr>
            <th>layer</th>
            {columns.map(([name]) => (
              <th key={name} class="r">
                {name.replaceAll("_", " ")}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {layers.map((layer, row) => (
            <tr key={layer}>
              <td>{layer}</td>
              {columns.map(([name, { data }]) => (
                <td key={name} class="r" title={exactText(Number(data[row]))}>
                  {valueText(Number(data[row]))}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}
