/** What a job is called: its method's title, and which one of the page's buttons failed. */

import { signal } from "@preact/signals";
import type { JobRequest, MethodCard } from "../../api/types";
import type { Store } from "../../state/store";
import { methodTitle } from "../records/series";

export function titleOf(store: Store, request: JobRequest): string {
  return cardOf(store, request)?.title ?? methodTitle(request.method);
}

/** The method's card, once the catalogue is there. */
export function cardOf(store: Store, { method }: JobRequest): MethodCard | undefined {
  return store.catalogue.value?.catalogue?.methods.find((card) => card.name === method);
}

/** Why the last press of a button in the queue came to nothing; empty when it did. */
export const queueTrouble = signal("");

/** Do what a button asks; what goes wrong is said in the queue. */
export async function pressed(doing: Promise<unknown>): Promise<void> {
  queueTrouble.value = "";
  try {
    await doing;
  } catch (error) {
    queueTrouble.value = error instanceof Error ? error.message : String(error);
  }
}
