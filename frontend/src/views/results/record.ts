/** One record of a job's result: where it is, how many pictures it is about, and where those come from. */

import type { Client } from "../../api/client";
import type { JobView, ResultAnswer, ResultRecord, RunIndex } from "../../api/types";
import type { Store } from "../../state/store";
import { exampleTitle } from "../records/examples";

export interface RecordAddress {
  client: Client;
  store: Store;
  job: JobView;
  record: ResultRecord;
  /** Of the result. */
  digest: string;
}

/** The first record of a kind in a job's result. */
export function recordOf(result: ResultAnswer | undefined, kind: string): ResultRecord | undefined {
  return result?.records.find((record) => record.kind === kind);
}

/** First axis of the main array: how many pictures the record is about. */
export function countOf(record: ResultRecord): number {
  return Object.values(record.arrays)[0]?.shape[0] ?? 0;
}

/** How many pictures belong in a row, where the method says so. */
export function columnsOf(record: ResultRecord | undefined): number | undefined {
  const columns = record?.facts.columns;
  return typeof columns === "number" && columns > 0 && columns <= 64 ? Math.floor(columns) : undefined;
}

/** Row of the run's examples that a picture was made of; null for own pictures. */
export function exampleOf(record: ResultRecord, image: number): number | null {
  const origins = record.facts.examples;
  const row = /^example (\d+)$/.exec(String(Array.isArray(origins) ? origins[image] : ""))?.[1];
  return row === undefined ? null : Number(row);
}

/** "example 3 Shirt", or "picture 0" for an own one. */
export function originTitle(record: ResultRecord, image: number, index: RunIndex | null): string {
  const row = exampleOf(record, image);
  if (row !== null) return `example ${exampleTitle(index, row)}`;
  const origins = record.facts.examples;
  const said = Array.isArray(origins) ? origins[image] : undefined;
  return typeof said === "string" ? said : `picture ${image}`;
}
