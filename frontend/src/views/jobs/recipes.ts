/** What the list of recipes says: groups by kind, and costs as they were measured. */

import type { JobView, MethodCard } from "../../api/types";
import { type JobList, lastDone, secondsOf } from "../../state/job_list";
import type { Schema } from "../../ui/form/schema";

export interface RecipeGroup {
  title: string;
  cards: MethodCard[];
}

/** A card is in the first group that holds it. */
const HOLDS = {
  networks: ({ makes }: MethodCard) => makes !== "",
  units: ({ kind, needs_examples: needs }: MethodCard) => kind === "images" && !needs,
  pictures: ({ kind }: MethodCard) => kind === "images",
  maps: ({ kind }: MethodCard) => kind === "heatmap" || kind === "trust",
  others: () => true,
};

const TITLES: readonly [keyof typeof HOLDS, string][] = [
  ["units", "What its units look for"],
  ["pictures", "Pictures made of pictures"],
  ["networks", "Networks to train, for other recipes"],
  ["maps", "Maps over pictures"],
  ["others", "Activations, weights, scores"],
];

/** Cards in groups by what they give, those that take a trained network last; empty groups are left out. */
export function recipeGroups(cards: readonly MethodCard[]): RecipeGroup[] {
  const groupOf = (card: MethodCard) => Object.entries(HOLDS).find(([, holds]) => holds(card))?.[0];
  const groups = TITLES.map(([name, title]) => {
    const own = cards.filter((card) => groupOf(card) === name);
    return { title, cards: own.sort((a, b) => Number(takesNetwork(a)) - Number(takesNetwork(b))) };
  });
  return groups.filter((group) => group.cards.length > 0);
}

function takesNetwork({ schema }: MethodCard): boolean {
  const fields = Object.values((schema.properties ?? {}) as Record<string, Schema>);
  return fields.some((field) => field["x-widget"] === "network");
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
  /** What it would be for the iterations asked for now; null where they are as they were. */
  scaled: number | null;
}

/**
 * What the method took last time on this run's network; null before there was a time.
 *
 * @param iterations the parameter of that name as it is now, where the method has one.
 */
export function costOf(list: JobList, method: string, run: string | null, iterations?: unknown): Cost | null {
  const job = run === null ? undefined : lastDone(list, method, run);
  const seconds = job && secondsOf(job);
  if (!job || seconds === null || seconds === undefined) return null;
  const before = job.request.params.iterations;
  const isOther = typeof before === "number" && typeof iterations === "number" && before !== iterations;
  const scaled = isOther && before > 0 ? (seconds * iterations) / before : null;
  return { seconds, device: job.status.device, iterations: job.status.total, scaled };
}

/** "< 1 s", "12 s", "3 min". */
export function costText(seconds: number): string {
  if (seconds < 1) return "< 1 s";
  if (seconds < 90) return `${Math.round(seconds)} s`;
  return `${Math.round(seconds / 60)} min`;
}

/** "about 12 s, cpu (as last time)"; for other iterations what they would take at that pace. */
export function costSentence({ seconds, device, iterations, scaled }: Cost): string {
  const time = scaled ?? seconds;
  const about = time < 1 ? "less than 1 s" : `about ${costText(time)}`;
  const why = scaled === null ? "as last time" : `${iterations} iterations took ${costText(seconds)}`;
  return `${[about, device].filter(Boolean).join(", ")} (${why})`;
}
