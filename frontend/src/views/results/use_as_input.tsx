/** From a result to the next job: its picture as that one's input, or the network that it has trained. */

import type { JobView, MethodCard } from "../../api/types";
import { openDraft } from "../../state/draft";
import type { Store } from "../../state/store";
import { takersOf } from "../jobs/networks";
import { openWith, resultInput } from "./result_input";
import type { Gallery } from "./use_result";

interface Props {
  store: Store;
  job: JobView;
  gallery: Gallery;
  /** Which of its pictures; null while none of several is chosen. */
  picture: number | null;
}

/** Opens the form of the method that is chosen. */
export function UseAsInput({ store, job, gallery, picture }: Props) {
  const cards = store.catalogue.value?.catalogue?.methods ?? [];
  const lookers = cards.filter((card) => card.needs_examples);
  if (lookers.length === 0) return null;
  const which = picture === null ? "choose one of the pictures first" : "";
  return (
    <label class="sel caret as-input" title={which || "Open a method's form with this picture as its input"}>
      <i>Use as input of</i>
      <select
        value=""
        disabled={picture === null}
        onChange={({ currentTarget }) => {
          const method = currentTarget.value;
          currentTarget.value = "";
          if (method && picture !== null)
            openWith(store, job, resultInput(store, job, gallery, picture), method);
        }}
      >
        <option value="">…</option>
        {lookers.map(({ name, title }) => (
          <option key={name} value={name}>
            {title}
          </option>
        ))}
      </select>
    </label>
  );
}

/** What can be done with the network that a job has left. */
export function UseNetwork({ store, job }: { store: Store; job: JobView }) {
  const cards = store.catalogue.value?.catalogue?.methods ?? [];
  if (!job.network) return null;
  return (
    <>
      {takersOf(cards, job.network.kind).map(({ card, parameter }) => (
        <button
          key={card.name}
          type="button"
          class="btn"
          title={`Open the form of “${card.title}” with this network`}
          onClick={() => openTaker(store, job, card, parameter)}
        >
          Use in {card.title}
        </button>
      ))}
    </>
  );
}

function openTaker(store: Store, job: JobView, card: MethodCard, parameter: string): void {
  const { id, step } = job.request;
  openDraft(store, { run: job.run, method: card.name, step, params: { [parameter]: id } });
  store.ownInputs.value = [];
}
