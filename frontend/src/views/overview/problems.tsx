/** What is damaged, missing or was skipped, in the words of the server. */

import type { RunIndex } from "../../api/types";
import type { Store } from "../../state/store";

const SHOWN = 4;

export function Problems({ store }: { store: Store }) {
  const index = store.a.index.value;
  const said = index ? [...index.problems, ...skippedText(index)] : [];
  if (said.length === 0) return null;
  return (
    <details class="problems warn" open={said.length <= SHOWN}>
      <summary>▲ {said.length === 1 ? "1 problem" : `${said.length} problems`} in this run</summary>
      <ul>
        {said.map((text) => (
          <li key={text}>{text}</li>
        ))}
      </ul>
    </details>
  );
}

/** One line a method and reason, however many steps it missed. */
function skippedText(index: RunIndex): string[] {
  const steps = new Map<string, number[]>();
  for (const { step, method, reason } of index.skipped) {
    const text = `${method} was skipped: ${reason}`;
    steps.set(text, [...(steps.get(text) ?? []), step]);
  }
  return [...steps].map(([text, at]) =>
    at.length === 1 ? `${text} (step ${at[0]})` : `${text} (${at.length} steps, ${at[0]} … ${at.at(-1)})`,
  );
}
