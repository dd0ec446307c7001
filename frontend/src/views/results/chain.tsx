/** Where the pictures that a job looked at came from: the jobs before it, up to the first picture. */

import type { Client } from "../../api/client";
import type { JobRequest, Origin } from "../../api/types";
import type { Store } from "../../state/store";
import { manyText } from "../jobs/subject";
import { methodTitle } from "../records/series";

/** A line of the list: a job, or the pictures that no job has made. */
export interface Link {
  /** How many jobs back. */
  depth: number;
  /** null: what a job that made nothing of a result looked at. */
  origin: Origin | null;
  text: string;
}

/** The chain as lines, each job followed by what it looked at; [] where no job made any of it. */
export function chainOf(origins: readonly (Origin | null)[]): Link[] {
  return origins.some((origin) => origin !== null) ? linksOf(origins, 0) : [];
}

function linksOf(origins: readonly (Origin | null)[], depth: number): Link[] {
  const files = origins.filter((origin) => origin === null).length;
  const links = origins.flatMap((origin): Link[] => {
    if (!origin) return [];
    return [{ depth, origin, text: `picture ${origin.image + 1}` }, ...sourcesOf(origin, depth + 1)];
  });
  if (files > 0) links.push({ depth, origin: null, text: files === 1 ? "a file" : `${files} files` });
  return links;
}

function sourcesOf(origin: Origin, depth: number): Link[] {
  const links = linksOf(origin.inputs, depth);
  const { examples, cut } = origin;
  if (examples.length > 0)
    links.push({ depth, origin: null, text: `example ${manyText(examples.map(String))}` });
  if (cut) links.push({ depth, origin: null, text: "and jobs before that, not kept" });
  return links;
}

interface Props {
  client: Client;
  store: Store;
  request: JobRequest;
}

const THUMB = 24;

export function Chain({ client, store, request }: Props) {
  const links = chainOf(request.origins);
  if (links.length === 0) return null;
  return (
    <section aria-label="Where the input came from">
      <h2>Where the input came from</h2>
      <ul class="chain">
        {links.map((link, at) => (
          <li key={at} style={{ paddingLeft: `${12 * link.depth}px` }}>
            <span aria-hidden="true" class="t">
              ↳
            </span>
            {link.origin ? (
              <Made client={client} store={store} origin={link.origin} text={link.text} />
            ) : (
              <span class="cap">{link.text}</span>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}

/** A job of the chain: a way to it while it is there. */
function Made({
  client,
  store,
  origin,
  text,
}: {
  client: Client;
  store: Store;
  origin: Origin;
  text: string;
}) {
  const job = store.jobs.value.byId.get(origin.job);
  const title = methodTitle(origin.method);
  if (!job)
    return (
      <span class="clip" title={`job ${origin.job}`}>
        {title} <span class="cap">· {text} · deleted since</span>
      </span>
    );
  const { preview } = job.status;
  return (
    <>
      {preview && (
        <img
          src={client.jobs.previewUrl(origin.job, preview)}
          alt=""
          width={THUMB}
          height={THUMB}
          class="chain-thumb"
        />
      )}
      <button
        type="button"
        class="link clip"
        title={`job ${origin.job}`}
        onClick={() => {
          store.job.value = origin.job;
        }}
      >
        {title}
      </button>
      <span class="cap nowrap">{text}</span>
    </>
  );
}
