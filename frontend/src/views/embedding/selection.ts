/** What is chosen, in numbers, and as files. */

import { countsOf } from "./colours";

export interface Facts {
  labels: Int32Array;
  predicted: Int32Array | null;
  className: (target: number) => string;
  /** Name of an image; empty where it has none. */
  imageName: (row: number) => string;
}

export interface Summary {
  count: number;
  /** Labels by how often they are among what is chosen. */
  classes: { target: number; count: number }[];
  wrong: number;
  /** Images of which both label and prediction are known. */
  judged: number;
  /** Label taken for another class, the most frequent first. */
  confusions: { label: number; predicted: number; count: number }[];
}

export function summaryOf(chosen: Uint8Array, { labels, predicted }: Facts): Summary {
  const confused = new Map<string, { label: number; predicted: number; count: number }>();
  let [count, judged, wrong, most] = [0, 0, 0, -1];
  for (let row = 0; row < chosen.length; row++) {
    if (!chosen[row]) continue;
    count++;
    const label = labels[row] ?? -1;
    const said = predicted?.[row] ?? -1;
    most = Math.max(most, label);
    if (label < 0 || said < 0) continue;
    judged++;
    if (label === said) continue;
    wrong++;
    const key = `${label}|${said}`;
    const known = confused.get(key);
    if (known) known.count++;
    else confused.set(key, { label, predicted: said, count: 1 });
  }
  const byCount = <T extends { count: number }>(list: T[]) => list.sort((a, b) => b.count - a.count);
  const counts = countsOf(labels, most + 1, chosen);
  const classes = Array.from(counts, (among, target) => ({ target, count: among }));
  return {
    count,
    judged,
    wrong,
    classes: byCount(classes.filter((one) => one.count > 0)),
    confusions: byCount([...confused.values()]),
  };
}

interface Line {
  row: number;
  name: string;
  label: string | null;
  prediction: string | null;
}

function linesOf(chosen: Uint8Array, facts: Facts): Line[] {
  const lines: Line[] = [];
  const named = (target: number) => (target < 0 ? null : facts.className(target));
  chosen.forEach((flag, row) => {
    if (!flag) return;
    const label = named(facts.labels[row] ?? -1);
    lines.push({ row, name: facts.imageName(row), label, prediction: named(facts.predicted?.[row] ?? -1) });
  });
  return lines;
}

export function csvOf(chosen: Uint8Array, facts: Facts): string {
  const lines = linesOf(chosen, facts).map(({ row, name, label, prediction }) =>
    [String(row), field(name), field(label ?? ""), field(prediction ?? "")].join(","),
  );
  return ["row,name,label,prediction", ...lines, ""].join("\r\n");
}

/** Names come from a logdir: quoted, and never begun as a spreadsheet's formula begins. */
function field(text: string): string {
  const plain = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(plain) ? `"${plain.replaceAll('"', '""')}"` : plain;
}

export function jsonOf(chosen: Uint8Array, facts: Facts, about: Record<string, unknown>): string {
  return JSON.stringify({ ...about, images: linesOf(chosen, facts) }, null, 1);
}
