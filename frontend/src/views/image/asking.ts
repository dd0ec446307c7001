/** Asking for what is not there, in one click: a job of a method on the bench's picture. */

import { batch, type Signal, signal } from "@preact/signals";
import type { Client } from "../../api/client";
import type { Draft } from "../../api/jobs";
import type { JobView, MethodCard } from "../../api/types";
import { nameBenchPicture } from "../../state/bench_pictures";
import { submit } from "../../state/jobs";
import type { Store } from "../../state/store";
import { type Scene, stepOf } from "./scene";
import { asksUnit, type Params, takesClass } from "./slots";

/** What is asked for, and the place of the bench that waits for it. */
export interface Wish {
  place: string;
  method: string;
  /** The class left out: it is the scene's. */
  params: Params;
  /** It is about a unit of a layer, not about a class. */
  isUnit?: boolean;
}

/** A place as it is with this picture, class and weights: what was said of it with others is not said now. */
export function placeIn(scene: Scene, place: string): string {
  const { run, image, own, chosen, weights } = scene;
  return [place, run, own ? own.data : image, chosen, weights.step].join("|");
}

/** Ids of the jobs that this page asked for. */
export const asked: Signal<ReadonlySet<string>> = signal(new Set());

/** Places whose request is on its way, and why the last one of a place was refused. */
export const sending: Signal<ReadonlySet<string>> = signal(new Set());
export const refusals: Signal<ReadonlyMap<string, Error>> = signal(new Map());

/** Say no more of a job that failed or was stopped. */
export function forget(id: string): void {
  const left = new Set(asked.peek());
  left.delete(id);
  asked.value = left;
}

/** The request for a wish; null while there are no weights to run it on. */
export function draftOf(scene: Scene, wish: Wish, card: MethodCard | undefined): Draft | null {
  const step = stepOf(scene.weights);
  if (step === undefined) return null;
  const known = card ? Object.keys((card.schema.properties as object | undefined) ?? {}) : null;
  const params = Object.fromEntries(
    Object.entries(wish.params).filter(([name, value]) => value !== null && (known?.includes(name) ?? true)),
  );
  const isAboutClass = scene.chosen !== null && takesClass(card) && !(wish.isUnit ?? asksUnit(params));
  if (isAboutClass) params.target = scene.chosen;
  const picture = scene.own ? { inputs: [{ data: scene.own.data }] } : { examples: [scene.image] };
  return { run: scene.run, method: wish.method, params, step, ...picture };
}

/** Ask; a refusal is kept for the place. */
export async function ask(store: Store, client: Client, scene: Scene, wish: Wish): Promise<JobView | null> {
  const card = store.catalogue.peek()?.catalogue?.methods.find((one) => one.name === wish.method);
  const draft = draftOf(scene, wish, card);
  const place = placeIn(scene, wish.place);
  if (!draft || sending.peek().has(place)) return null;
  sending.value = new Set(sending.peek()).add(place);
  try {
    const { job } = await submit(store, client, draft);
    batch(() => {
      asked.value = new Set(asked.peek()).add(job.request.id);
      refusals.value = without(refusals.peek(), place);
      const digest = job.request.input_digests[0];
      if (scene.own && digest) nameBenchPicture(scene.own, digest);
    });
    return job;
  } catch (error) {
    const reason = error instanceof Error ? error : new Error(String(error));
    refusals.value = new Map(refusals.peek()).set(place, reason);
    return null;
  } finally {
    const left = new Set(sending.peek());
    left.delete(place);
    sending.value = left;
  }
}

function without(map: ReadonlyMap<string, Error>, place: string): ReadonlyMap<string, Error> {
  const left = new Map(map);
  left.delete(place);
  return left;
}
