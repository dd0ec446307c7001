/** Pictures beside the run's examples that the next job looks at: files of a person's, pictures of earlier jobs. */

import type { Client } from "../api/client";
import type { InputAsk, JobView } from "../api/types";

export interface OwnInput {
  name: string;
  /** As the request carries it. */
  input: Partial<InputAsk>;
  /** For an `<img>`; names the picture, too. */
  url: string;
}

/** A file's bytes as a request carries them. */
export function inputOfData(name: string, data: string): OwnInput {
  return { name, input: { data }, url: `data:image/png;base64,${data}` };
}

/** The own pictures of an earlier job, to be looked at again: the server has them, and knows where they came from. */
export function inputsOfJob(client: Client, { request }: JobView): OwnInput[] {
  return Array.from({ length: request.inputs }, (_, own) => ({
    name: `picture ${own + 1}`,
    input: { job: request.id, own },
    url: client.jobs.inputUrl(request.id, own),
  }));
}

/** A picture that a job has made. */
export function inputOfResult(job: string, image: number, name: string, url: string): OwnInput {
  return { name, input: { job, image }, url };
}

/** Whether a picture is a job's result, not a file. */
export function isResult({ input }: OwnInput): boolean {
  return input.job !== undefined && input.own === undefined;
}
