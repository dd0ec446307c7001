/** The methods there are, each with a picture that it made here, and what it cost. */

import { useEffect, useRef } from "preact/hooks";
import type { Client } from "../../api/client";
import type { MethodCard } from "../../api/types";
import { chooseMethod } from "../../state/draft";
import { ensureCatalogue } from "../../state/jobs";
import type { Store } from "../../state/store";
import { Failed, Nothing } from "../../ui/panel_state";
import type { ViewProps } from "../view";
import { JobThumb } from "./job_thumb";
import { costOf, costText, exampleOf, purpose, recipeGroups } from "./recipes";

interface Props extends ViewProps {
  /** Name of the method whose form is open. */
  chosen: string | null;
}

export function RecipeList({ store, client, chosen }: Props) {
  const answer = store.catalogue.value;
  const cards = answer?.catalogue?.methods ?? [];
  const run = store.a.run.value;
  const hasPictures = cards.some((card) => exampleOf(store.jobs.value, card, run));
  return (
    <nav class={hasPictures ? "recipes" : "recipes wordy"} aria-label="Recipes">
      {recipeGroups(cards).map(({ title, cards: members }) => (
        <section key={title}>
          <h2>{title}</h2>
          {members.map((card) => (
            <Recipe key={card.name} store={store} client={client} card={card} isOn={card.name === chosen} />
          ))}
        </section>
      ))}
      {cards.length === 0 && <NoRecipes store={store} client={client} />}
    </nav>
  );
}

interface RecipeProps {
  store: Store;
  client: Client;
  card: MethodCard;
  isOn: boolean;
}

function Recipe({ store, client, card, isOn }: RecipeProps) {
  const run = store.a.run.value;
  const cost = costOf(store.jobs.value, card.name, run);
  const job = exampleOf(store.jobs.value, card, run);
  const row = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (isOn) row.current?.scrollIntoView({ block: "nearest" });
  }, [isOn]);
  return (
    <button
      ref={row}
      type="button"
      class={isOn ? "recipe on" : "recipe"}
      aria-current={isOn ? "true" : undefined}
      onClick={() => chooseMethod(store, card.name)}
    >
      {job ? (
        <JobThumb store={store} client={client} job={job} side={40} />
      ) : (
        <span class="job-thumb recipe-blank" />
      )}
      <span class="recipe-words">
        <b class="clip">{card.title}</b>
        <span class="cap recipe-help">{purpose(card)}</span>
      </span>
      <span class="cap nowrap" title={cost ? "what it took last time on this run" : undefined}>
        {cost && costText(cost.seconds)}
      </span>
    </button>
  );
}

/** In the place of the list: off and why, not yet known, or failed. */
function NoRecipes({ store, client }: ViewProps) {
  const { state, reason } = store.jobs.value;
  const answer = store.catalogue.value;
  if (state === "off")
    return (
      <Nothing title="No new jobs can be asked for">
        <p>{reason}</p>
        <p class="cap">What was finished before is shown all the same.</p>
      </Nothing>
    );
  if (answer?.state === "failed")
    return (
      <Failed
        error={new Error(`the methods could not be listed: ${answer.reason}`)}
        retry={() => void ensureCatalogue(store, client)}
      />
    );
  return (
    <p class="cap recipes-wait" role="status">
      {answer?.state === "loading" ? "A worker is importing PyTorch to tell what it can do …" : ""}
    </p>
  );
}
