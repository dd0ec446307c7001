/** Under a map: whether it may be believed, as a job has measured it, or the button that measures. */

import { valueText } from "../../draw/number_text";
import { openJob } from "../../state/jobs";
import { isUnderWay, stateText } from "../results/job_text";
import type { Trust } from "../results/trust_of";
import { ask, placeIn, refusals, sending } from "./asking";
import type { PanelProps } from "./map_panel";
import { whyOff } from "./missing";
import { stepOf } from "./scene";
import type { Bench } from "./use_bench";
import { trustWish, useTrust } from "./use_trust";

interface Props extends Pick<PanelProps, "store" | "client" | "bench" | "slot"> {
  /** What the shown record says of itself. */
  facts?: Record<string, unknown> | undefined;
}

export function TrustLine({ store, client, bench, slot, facts }: Props) {
  const { job, trust } = useTrust(client, bench, slot);
  const wish = trustWish(slot);
  const place = placeIn(bench.scene, wish.place);
  const refusal = refusals.value.get(place);
  const state = job?.status.state;
  if (trust) return <TrustBadge trust={trust} />;
  if (job && isUnderWay(job.status))
    return (
      <p class="cap trust-line clip">
        checking:{" "}
        <button type="button" class="link" onClick={() => openJob(store, job.request.id)}>
          {stateText(job.status)}
        </button>
      </p>
    );
  const reason = refusal?.message ?? (state === "failed" ? job?.status.message : undefined);
  const canAsk = whyOff(store) === "" && stepOf(bench.scene.weights) !== undefined && knowsTrust(bench);
  const caution = typeof facts?.caution === "string" ? facts.caution : undefined;
  const said = reason ?? caution;
  return (
    <p class={said ? "cap trust-line tipped" : "cap trust-line"} {...(said ? { tabIndex: 0 } : {})}>
      <span class={said ? "warn clip" : "clip"}>
        {said ? `▲ ${said}` : state === "done" ? "loading …" : "not checked"}
      </span>
      {said && (
        <span class="tip" role="note">
          {said}
        </span>
      )}
      {canAsk && state !== "done" && (
        <button
          type="button"
          class="btn small"
          disabled={sending.value.has(place)}
          title="Draw the last layers anew and see whether the map changes; take away and put in what it marks"
          aria-label={`check ${slot.title}`}
          onClick={() => void ask(store, client, bench.scene, wish)}
        >
          check
        </button>
      )}
    </p>
  );
}

/** Without the catalogue it is taken to be there. */
export function knowsTrust(bench: Bench): boolean {
  return bench.cards.length === 0 || bench.cards.some((card) => card.name === "trust");
}

/** The verdict by word and shape; what it rests on when one looks at it. */
export function TrustBadge({ trust }: { trust: Trust }) {
  const { verdict, explanation, correlations } = trust;
  const [tone, mark] = toneOf(verdict);
  const rho = correlations[0]?.rho ?? Number.NaN;
  const text = Number.isFinite(rho) ? `${verdict}, ρ ${valueText(rho)}` : verdict;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what the verdict rests on is shown on focus, too
    <p class={`cap trust-line tipped ${tone}`} tabIndex={0}>
      <span class="clip">
        {mark} {text}
      </span>
      <span class="tip" role="note">
        {explanation} <Areas trust={trust} />
      </span>
    </p>
  );
}

/** "changes with weights" is good news, "insensitive" is bad, "undecided" neither. */
export function toneOf(verdict: string): [string, string] {
  if (verdict === "changes with weights") return ["ok", "●"];
  return verdict === "undecided" ? ["", "○"] : ["bad", "▲"];
}

function Areas({ trust }: { trust: Trust }) {
  const { deletion, insertion, randomDeletion, randomInsertion } = trust;
  return (
    <>
      Deletion area {valueText(deletion)} (random order {valueText(randomDeletion)}), insertion area{" "}
      {valueText(insertion)} (random {valueText(randomInsertion)}).
    </>
  );
}
