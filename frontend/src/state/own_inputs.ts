/** Pictures beside the run's examples that the next job looks at: files of a person's, pictures of earlier jobs. */

import type { Client } from "../api/client";
import type { InputAsk, JobView } from "../api/types";

export interface OwnInput {
  name: string;
  /** As the request carries it. */
  input: Partial<InputAsk>;
  /** For an `<img>`. */
  url: string;
}

/** A file's bytes as a request carries them. */
export function inputOfData(name: string, data: string): OwnInput {
  return { name, input: { data }, url: `data:image/png;base64,${data}` };
}

/** The own pictures of an earlier job, to ask for it once more. */
export async function inputsOfJob(client: Client, job: JobView): Promise<OwnInput[]> {
  const { id, inputs } = job.request;
  const files = Array.from({ length: inputs }, (_, index) => client.jobs.input(id, index));
  return (await Promise.all(files)).map((data, index) => inputOfData(`picture ${index + 1}`, data));
}
