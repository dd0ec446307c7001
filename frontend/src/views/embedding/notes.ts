/** What a record of the kind embedding says of itself that a reader should know, in sentences. */

import { countText } from "../../draw/number_text";

/**
 * @param facts of the record.
 * @param problems what is said of the data set.
 */
export function notesOf(facts: Readonly<Record<string, unknown>>, problems: readonly string[]): string[] {
  const said = Array.isArray(facts.notes) ? facts.notes.map(String) : [];
  const say = (fact: string, one: string, many: string) => {
    const count = facts[fact];
    if (typeof count === "number" && count > 0)
      said.push(count === 1 ? `1 image ${one}` : `${countText(count)} images ${many}`);
  };
  say(
    "nonfinite",
    "has features that are not finite: no place",
    "have features that are not finite: no place",
  );
  say("left_out", "could not be read", "could not be read");
  say("duplicates", "has the very features of another", "have the very features of another");
  return [...new Set([...said, ...problems])];
}
