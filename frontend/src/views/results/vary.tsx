/** One parameter varied: which, over which values, and one job for each. */

import { useMemo, useState } from "preact/hooks";
import type { Client } from "../../api/client";
import type { JobView } from "../../api/types";
import type { Store } from "../../state/store";
import { askVaried } from "./asking";
import { MOST_VALUES, parseValues, STEP, textOf, type Variable, valueIn } from "./variations";

interface Props {
  client: Client;
  store: Store;
  job: JobView;
  variable: Variable;
  /** Values that have a job already. */
  there: readonly string[];
  onAsked: () => void;
}

export function VaryEditor(props: Props) {
  // A new parameter begins with its own values.
  return <Editor key={`${props.job.request.id} ${props.variable.by}`} {...props} />;
}

function Editor({ client, store, job, variable, there, onAsked }: Props) {
  const { by, choices, offered } = variable;
  const [text, setText] = useState(() => offered.map(textOf).join(", "));
  const [chosen, setChosen] = useState(() => new Set(offered.map(textOf)));
  const [asking, setAsking] = useState(false);
  const [failure, setFailure] = useState("");
  const { values, error } = useMemo(
    () => wanted(variable, choices ? choices.filter((one) => chosen.has(textOf(one))) : text),
    [variable, choices, chosen, text],
  );
  const fresh = values.filter((value) => !there.includes(textOf(value)));
  const session = store.session.value;
  const off = session?.jobs === false ? session.reason : "";
  const run = async (): Promise<void> => {
    setAsking(true);
    setFailure("");
    try {
      await askVaried(store, client, job, by, fresh);
      onAsked();
    } catch (refusal) {
      setFailure(refusal instanceof Error ? refusal.message : String(refusal));
    } finally {
      setAsking(false);
    }
  };
  const said = error || failure || off;
  return (
    <div class="vary">
      {choices ? (
        <Chips
          variable={variable}
          chosen={chosen}
          own={textOf(valueIn(job.request, by))}
          onChoose={setChosen}
        />
      ) : (
        <input
          class="vary-values"
          aria-label={`values of ${variable.title}`}
          value={text}
          spellcheck={false}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      )}
      <button
        type="button"
        class="btn"
        disabled={asking || Boolean(error) || Boolean(off) || fresh.length === 0}
        onClick={() => void run()}
      >
        {fresh.length === 0 ? "All there" : `Run ${fresh.length} job${fresh.length > 1 ? "s" : ""}`}
      </button>
      <p class={said ? "cap warn" : "cap"} role={said ? "alert" : undefined}>
        {said ? `▲ ${said}` : variable.help}
      </p>
    </div>
  );
}

/** The values to run, or why they cannot be. */
function wanted(variable: Variable, given: string | unknown[]): { values: unknown[]; error: string } {
  try {
    const values = typeof given === "string" ? parseValues(variable, given) : given;
    const error = values.length > MOST_VALUES ? `at most ${MOST_VALUES} values, got ${values.length}` : "";
    return { values, error };
  } catch (error) {
    return { values: [], error: error instanceof Error ? error.message : String(error) };
  }
}

interface ChipsProps {
  variable: Variable;
  chosen: ReadonlySet<string>;
  /** The job's own value. */
  own: string;
  onChoose: (chosen: Set<string>) => void;
}

function Chips({ variable, chosen, own, onChoose }: ChipsProps) {
  const texts = (variable.choices ?? []).map(textOf);
  const toggle = (text: string): void => {
    const next = new Set(chosen);
    if (!next.delete(text)) next.add(text);
    onChoose(next);
  };
  const all = texts.every((text) => chosen.has(text));
  return (
    <fieldset class="vary-chips" aria-label={`values of ${variable.title}`}>
      {texts.map((text) => (
        <button
          key={text}
          type="button"
          class={chosen.has(text) ? "chip on" : "chip"}
          aria-pressed={chosen.has(text)}
          title={text === own ? "the value of this job" : undefined}
          onClick={() => toggle(text)}
        >
          {text}
        </button>
      ))}
      {texts.length > 3 && (
        <button type="button" class="link" onClick={() => onChoose(new Set(all ? [own] : texts))}>
          {all ? "none" : variable.by === STEP ? `all ${texts.length} checkpoints` : "all"}
        </button>
      )}
    </fieldset>
  );
}
