/** In the place of a map that is not there: one click asks for it; or why it cannot be had. */

import type { ComponentChildren } from "preact";
import type { JobView } from "../../api/types";
import type { Side } from "../../state/store";
import { className } from "../records/examples";
import { ask, forget, placeIn, refusals, sending } from "./asking";
import type { PanelProps } from "./map_panel";
import { weightsTitle } from "./scene";
import { asksUnit } from "./slots";

interface Props extends PanelProps {
  /** The job that failed, or was stopped. */
  failed: JobView | undefined;
  children?: ComponentChildren;
}

export function Missing({ store, client, bench, slot, failed, on = store.a, children }: Props) {
  const { index, scene } = bench;
  const place = placeIn(scene, slot.key);
  const refusal = refusals.value.get(place);
  const reason = refusal?.message ?? failed?.status.message;
  const wish = { place: slot.key, method: slot.method, params: slot.params };
  const about = scene.chosen !== null && !asksUnit(slot.params) ? className(index, scene.chosen) : null;
  return (
    <div class="job-state">
      {children}
      {failed?.status.state === "cancelled" && !refusal ? (
        <p class="s">stopped</p>
      ) : reason ? (
        <p class="warn" role="alert">
          ▲ {reason}
        </p>
      ) : (
        !children && <p class="s">{about ? `not there for ${about}` : "not there for this picture"}</p>
      )}
      {failed?.status.kind !== "UnsuitableError" && (
        <Compute
          store={store}
          client={client}
          bench={bench}
          on={on}
          isSending={sending.value.has(place)}
          text={reason ? "Try again" : "Compute now"}
          onClick={() => void ask(store, client, scene, wish)}
        />
      )}
      {failed && !slot.series && (
        <button type="button" class="link" onClick={() => forget(failed.request.id)}>
          Take away
        </button>
      )}
    </div>
  );
}

interface ComputeProps extends Pick<PanelProps, "store" | "client" | "bench"> {
  on: Side;
  text: string;
  isSending: boolean;
  onClick: () => void;
}

/** The button, with the weights it takes; where it cannot be pressed, why. */
function Compute({ store, bench, on, text, isSending, onClick }: ComputeProps) {
  const { weights } = bench.scene;
  const off = whyOff(store);
  if (off) return <p class="cap">{off}</p>;
  if (weights.place === "after")
    return (
      <button
        type="button"
        class="btn"
        onClick={() => {
          on.step.value = weights.step;
        }}
      >
        Go to the first checkpoint, step {weights.step}
      </button>
    );
  return (
    <>
      <button type="button" class="btn" disabled={isSending} onClick={onClick}>
        {text}
      </button>
      <p class="cap">at {weightsTitle(weights)}</p>
    </>
  );
}

/** Why no job can be asked for; empty when one can. */
export function whyOff(store: PanelProps["store"]): string {
  const session = store.session.value;
  if (session?.jobs) return "";
  const reason = session?.reason || store.jobs.value.reason;
  return reason ? `Jobs are off: ${reason}` : "Jobs: no answer yet";
}
