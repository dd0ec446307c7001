/** Below the maps: what else could be computed for this picture, one click each. */

import { useMemo } from "preact/hooks";
import type { MethodCard } from "../../api/types";
import { className } from "../records/examples";
import type { ViewProps } from "../view";
import { ask, refusals, sending } from "./asking";
import { whyOff } from "./missing";
import { weightsTitle } from "./scene";
import { absentMethods } from "./slots";
import type { Bench } from "./use_bench";

export function MoreMaps({ store, client, bench }: ViewProps & { bench: Bench }) {
  const { index, scene, cards, slots } = bench;
  const absent = useMemo(() => absentMethods(cards, slots), [cards, slots]);
  const off = whyOff(store);
  const { weights, chosen } = scene;
  const catalogue = store.catalogue.value;
  if (off) return <p class="cap more-maps">{off}</p>;
  if (catalogue?.state === "failed")
    return <p class="warn cap more-maps">▲ No methods to run: {catalogue.reason}</p>;
  if (catalogue?.state !== "ready") return <p class="cap more-maps">looking which methods can be run …</p>;
  if (absent.length === 0 || weights.place === "after") return null;
  const refused = absent.flatMap((card) => {
    const error = refusals.value.get(card.name);
    return error ? [`${card.title}: ${error.message}`] : [];
  });
  return (
    <div class="more-maps">
      <span class="cap">Compute now</span>
      {absent.map((card) => (
        <button
          key={card.name}
          type="button"
          class="btn"
          disabled={sending.value.has(card.name)}
          title={firstSentence(card)}
          onClick={() => void ask(store, client, scene, { place: card.name, method: card.name, params: {} })}
        >
          {card.title}
        </button>
      ))}
      <span class="cap">
        at {weightsTitle(weights)}
        {chosen !== null && ` for ${className(index, chosen)}`}
      </span>
      {refused.map((text) => (
        <p key={text} class="warn cap" role="alert">
          ▲ {text}
        </p>
      ))}
    </div>
  );
}

function firstSentence(card: MethodCard): string {
  return card.help.split("\n")[0] ?? "";
}
