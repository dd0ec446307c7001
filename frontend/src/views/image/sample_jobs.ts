/** Small jobs, cards and scenes for the tests of this folder. */

import type { JobStatus, JobView, MethodCard, ResultAnswer } from "../../api/types";
import type { Scene } from "./scene";
import type { Params } from "./slots";

const STATUS: JobStatus = {
  version: 1,
  state: "done",
  position: 0,
  iteration: 0,
  total: 0,
  rate: 0,
  remaining: null,
  objective: [],
  objective_name: "",
  preview: null,
  result: "r",
  kind: null,
  message: "",
  log_tail: "",
  device: "cpu",
  pid: null,
  started: null,
  updated: 0,
  progressed: null,
  finished: null,
};

interface SampleJob {
  id?: string;
  method?: string;
  params?: Params;
  examples?: number[];
  digests?: string[];
  step?: number | null;
  created?: number;
  status?: Partial<JobStatus>;
}

export function sampleJob({ id = "j1", method = "saliency", ...rest }: SampleJob = {}): JobView {
  const { params = {}, examples = [0], digests = [], step = 10, created = 0, status = {} } = rest;
  const request = {
    ...{ version: 1, id, method, params, run: "run", step, examples, seed: 0, created, digest: id },
    inputs: digests.length,
    origins: [],
    input_digests: digests,
  };
  return { run: "run", request, status: { ...STATUS, ...status }, in_cache: false, network: null };
}

export function sampleCard(name: string, fields: Record<string, unknown> = {}, kind = "heatmap"): MethodCard {
  return {
    ...{ name, title: name, version: 1, kind, help: "", presets: [], in_training: false },
    schema: { properties: { target: { default: null }, ...fields } },
    needs_examples: true,
    makes: "",
  };
}

export function sampleScene(scene: Partial<Scene> = {}): Scene {
  const weights = { step: 10, place: "at" as const };
  return { run: "run", image: 0, own: null, chosen: null, usual: null, weights, since: 0, ...scene };
}

/** A result of one map whose facts name the classes explained. */
export function sampleResult(targets: number[] | undefined, kind = "heatmap"): ResultAnswer {
  const facts = targets ? { targets } : {};
  const record = { key: "saliency", kind, layer: null, arrays: {}, facts };
  return { digest: "r", records: [record], python: "" } as unknown as ResultAnswer;
}
