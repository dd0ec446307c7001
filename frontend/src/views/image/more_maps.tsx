/** Below the maps: what else could be computed for this picture, one click each. */

import type { MethodCard } from "../../api/types";
import { ensureCatalogue } from "../../state/jobs";
import { className } from "../records/examples";
import type { ViewProps } from "../view";
import { ask, placeIn, refusals, sending } from "./asking";
import { whyOff } from "./missing";
import { weightsTitle } from "./scene";
import { absentMethods, isEmpty } from "./slots";
import { knowsTrust } from "./trust_line";
import type { Bench } from "./use_bench";
import { trustJob, trustWish } from "./use_trust";

export function MoreMaps({ store, client, bench }: ViewProps & { bench: Bench }) {
  const { index, scene, cards, slots } = bench;
  const absent = absentMethods(cards, slots);
  const off = whyOff(store);
  const { weights, chosen } = scene;
  const catalogue = store.catalogue.value;
  if (off) return <p class="cap more-maps">{off}</p>;
  if (catalogue?.state === "failed")
    return <p class="warn cap more-maps">▲ No methods to run: {catalogue.reason}</p>;
  if (weights.place === "after")
    return (
      <p class="cap more-maps">
        No weights were kept at or before this step, so nothing can be computed for it.
        <button
          type="button"
          class="link"
          onClick={() => {
            store.a.step.value = weights.step;
          }}
        >
          Go to the first checkpoint, step {weights.step}
        </button>
      </p>
    );
  const refused = absent.flatMap((card) => {
    const error = refusals.value.get(placeIn(scene, card.name));
    return error ? [`${card.title}: ${error.message}`] : [];
  });
  return (
    <div class="more-maps">
      <All store={store} client={client} bench={bench} />
      {catalogue?.state === "ready" ? (
        <span class="cap">
          {absent.length > 0 && `Compute now at ${weightsTitle(weights)}`}
          {absent.length > 0 && chosen !== null && ` for ${className(index, chosen)}`}
        </span>
      ) : (
        <button
          type="button"
          class="btn"
          disabled={catalogue?.state === "loading"}
          onClick={() => void ensureCatalogue(store, client)}
        >
          {catalogue?.state === "loading" ? "Starting a worker …" : "More maps …"}
        </button>
      )}
      {absent.map((card) => (
        <button
          key={card.name}
          type="button"
          class="btn"
          disabled={sending.value.has(placeIn(scene, card.name))}
          title={firstSentence(card)}
          onClick={() => void ask(store, client, scene, { place: card.name, method: card.name, params: {} })}
        >
          {card.title}
        </button>
      ))}
      {refused.map((text) => (
        <p key={text} class="warn cap" role="alert">
          ▲ {text}
        </p>
      ))}
    </div>
  );
}

/** One click for all empty places, and one for all maps that were not checked. */
function All({ store, client, bench }: ViewProps & { bench: Bench }) {
  const { scene, slots } = bench;
  const empty = slots.filter((slot) => isEmpty(bench, slot));
  const shown = slots.filter((slot) => !isEmpty(bench, slot) && !trustJob(bench, slot));
  const fill = async () => {
    for (const { key, method, params } of empty)
      await ask(store, client, scene, { place: key, method, params });
  };
  const check = async () => {
    for (const slot of shown) await ask(store, client, scene, trustWish(slot));
  };
  return (
    <>
      {empty.length > 1 && (
        <button type="button" class="btn p" onClick={() => void fill()}>
          Compute all {empty.length}
        </button>
      )}
      {knowsTrust(bench) && shown.length > 1 && (
        <button
          type="button"
          class="btn"
          title="Measure for each map whether it changes when weights are drawn anew"
          onClick={() => void check()}
        >
          Check all {shown.length}
        </button>
      )}
    </>
  );
}

function firstSentence(card: MethodCard): string {
  return card.help.split("\n")[0] ?? "";
}
