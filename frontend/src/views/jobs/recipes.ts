/** What the list of recipes says: groups by kind, and costs as they were measured. */

import type { JobView, MethodCard } from "../../api/types";
import { type JobList, lastDone, secondsOf } from "../../state/job_list";

export interface RecipeGroup {
  title: string;
  cards: MethodCard[];
}

const GROUPS: readonly { title: string; kinds: readonly string[] }[] = [
  { title: "Pictures that the network makes", kinds: ["images"] },
  { title: "Maps over pictures", kinds: ["heatmap", "trust"] },
  { title: "Activations, weights, scores", kinds: [] },
];

/** Cards in groups by kind, each in the catalogue's order; empty groups are left out. */
export function recipeGroups(cards: readonly MethodCard[]): RecipeGroup[] {
  const groupOfKind = (kind: string) => {
    const at = GROUPS.findIndex((group) => group.kinds.includes(kind));
    return at < 0 ? GROUPS.length - 1 : at;
  };
  const groups = GROUPS.map(({ title }, at) => ({
    title,
    cards: cards.filter((card) => groupOfKind(card.kind) === at),
  }));
  return groups.filter((group) => group.cards.length > 0);
}

/** The first sentence of a method's help. */
export function purpose(card: MethodCard): string {
  const [first = ""] = card.help.split("\n");
  return first.replace(/\.$/, "");
}

/** The latest finished job whose picture can stand for the method; this run's before another one's. */
export function exampleOf(
  list: JobList,
  { name, kind }: MethodCard,
  run: string | null,
): JobView | undefined {
  const own = run === null ? undefined : lastDone(list, name, run);
  const job = own ?? lastDone(list, name);
  return job?.status.preview || kind === "heatmap" ? job : undefined;
}

export interface Cost {
  seconds: number;
  /** Of the job it was measured at. */
  device: string;
  iterations: number;
}

/** What the method took last time on this run's network; null before there was a time. */
export function costOf(list: JobList, method: string, run: string | null): Cost | null {
  const job = run === null ? undefined : lastDone(list, method, run);
  const seconds = job && secondsOf(job);
  if (!job || seconds === null || seconds === undefined) return null;
  return { seconds, device: job.status.device, iterations: job.status.total };
}

/** "< 1 s", "12 s", "3 min". */
export function costText(seconds: number): string {
  if (seconds < 1) return "< 1 s";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}

/** "about 12 s on cpu (as last time, 256 iterations)". */
export function costSentence({ seconds, device, iterations }: Cost): string {
  const time = seconds < 1 ? "less than 1 s" : `about ${costText(seconds)}`;
  const work = iterations > 1 ? `, ${iterations} iterations` : "";
  return `${time} on ${device || "this machine"} (as last time${work})`;
}
