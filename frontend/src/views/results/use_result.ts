/** What came out of a job, fetched once for each result. */

import { useEffect, useMemo, useState } from "preact/hooks";
import type { Ask, Client } from "../../api/client";
import type { Images, JobView, ResultAnswer, ResultRecord } from "../../api/types";
import type { TrueColours } from "../../draw/true_colours";

export interface Loaded<T> {
  value: T | undefined;
  error: Error | undefined;
  retry: () => void;
}

const known = new Map<string, ResultAnswer>();
const MOST = 400;

/** The answer of `result` for the job as it stands; undefined while it has none. */
export function useResult(client: Client, job: JobView | null): Loaded<ResultAnswer> {
  const digest = job?.status.result ?? null;
  const id = job?.request.id ?? "";
  const name = digest === null ? "" : `${id}|${digest}`;
  return useLoad(
    name,
    () => known.get(name),
    (signal) => fetchResult(client, id, name, signal),
  );
}

async function fetchResult(client: Client, id: string, name: string, signal?: AbortSignal) {
  const answer = await client.jobs.result(id, signal);
  if (known.size >= MOST) known.clear();
  known.set(name, answer);
  return answer;
}

/** The same for once, without a panel. */
export async function loadResult(client: Client, job: JobView): Promise<ResultAnswer> {
  const { id } = job.request;
  const name = `${id}|${job.status.result}`;
  return known.get(name) ?? fetchResult(client, id, name);
}

/** A promise's value by the name of what it is; "" asks for nothing. */
function useLoad<T>(
  name: string,
  peek: () => T | undefined,
  load: (signal: AbortSignal) => Promise<T>,
): Loaded<T> {
  const [landed, setLanded] = useState<{ name: string; value?: T; error?: Error }>({ name: "" });
  const [attempt, setAttempt] = useState(0);
  useEffect(() => {
    if (name === "" || peek() !== undefined) return;
    const controller = new AbortController();
    load(controller.signal).then(
      (value) => setLanded({ name, value }),
      (error: unknown) => {
        if (controller.signal.aborted) return;
        setLanded({ name, error: error instanceof Error ? error : new Error(String(error)) });
      },
    );
    return () => controller.abort();
  }, [name, attempt]);
  const own = landed.name === name ? landed : undefined;
  const value = name === "" ? undefined : (peek() ?? own?.value);
  const retry = () => {
    setLanded({ name: "" });
    setAttempt(attempt + 1);
  };
  return { value, error: value === undefined ? own?.error : undefined, retry };
}

/** A record's pictures, or those of several records of one size, with what is said of each. */
export interface Gallery extends TrueColours {
  captions: string[];
  /** The record each comes from. */
  records: ResultRecord[];
}

/** All pictures of the kind `images` in a result; undefined until they are there, or when there are none. */
export function useGallery(client: Client, job: JobView | null, result: ResultAnswer | undefined) {
  const records = useMemo(() => result?.records.filter((one) => one.kind === "images") ?? [], [result]);
  const id = job?.request.id ?? "";
  const asks = records.map(
    (record): Ask<Images> => client.jobs.images(id, { key: record.key, digest: result?.digest ?? "" }),
  );
  const name = asks.map((ask) => ask.address).join(" ");
  const peek = (): Images[] | undefined => {
    const found = asks.map((ask) => ask.peek()).filter((one) => one !== undefined);
    return found.length === asks.length ? found : undefined;
  };
  const loaded = useLoad(name, peek, (signal) => Promise.all(asks.map((ask) => ask.load({ signal }))));
  const { value } = loaded;
  const gallery = useMemo(() => value && together(value, records), [name, value === undefined]);
  return { ...loaded, value: gallery };
}

/** The same for once, without a panel. */
export async function loadGallery(client: Client, job: JobView): Promise<Gallery | undefined> {
  const { digest, records: all } = await loadResult(client, job);
  const records = all.filter((one) => one.kind === "images");
  const { id } = job.request;
  const asks = records.map((record) => client.jobs.images(id, { key: record.key, digest }).load());
  return together(await Promise.all(asks), records);
}

/** The pictures of several records as one stack; those of another size than the first are left out. */
export function together(answers: readonly Images[], records: readonly ResultRecord[]): Gallery | undefined {
  const [first] = answers;
  if (!first) return undefined;
  const { height, width } = first;
  const fitting = answers.flatMap((answer, at) => {
    const record = records[at];
    return record && answer.height === height && answer.width === width ? [{ answer, record }] : [];
  });
  const images = new Uint8Array(fitting.reduce((sum, { answer }) => sum + answer.images.length, 0));
  let at = 0;
  for (const { answer } of fitting) {
    images.set(answer.images, at);
    at += answer.images.length;
  }
  const captions = fitting.flatMap(({ answer, record }) =>
    Array.from({ length: answer.count }, (_, index) => captionOf(answer, index, record, fitting.length > 1)),
  );
  const origins = fitting.flatMap(({ answer, record }) => Array<ResultRecord>(answer.count).fill(record));
  return { count: captions.length, height, width, images, captions, records: origins };
}

/** Methods count what they were given; the caption names the run's own examples, or the own pictures. */
function captionOf({ facts }: Images, index: number, record: ResultRecord, isOneOfSeveral: boolean): string {
  const origins = record.facts.examples;
  const caption = (facts.captions[index] ?? "").replace(/example (\d+)/g, (said, at: string) => {
    const origin = Array.isArray(origins) ? origins[Number(at)] : undefined;
    return typeof origin === "string" ? origin : said;
  });
  const { layer } = record;
  if (!isOneOfSeveral || !layer || caption.includes(layer)) return caption;
  return [layer, caption].filter(Boolean).join(" · ");
}
