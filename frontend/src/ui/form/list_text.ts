/** Lists as a person writes them: "0, 3, 8-11", "conv1, conv2". */

const MOST = 10_000;

export function listText(values: readonly unknown[]): string {
  return values.map((value) => (typeof value === "string" ? value : JSON.stringify(value))).join(", ");
}

/** Items of a text; what is no number stays as it was written, so that it can be said to be wrong. */
export function parseList(text: string, ofNumbers: boolean): unknown[] {
  const items = text.split(/[,;\s]+/).filter(Boolean);
  if (!ofNumbers) return items.slice(0, MOST);
  return items.flatMap(numbersOf).slice(0, MOST);
}

function numbersOf(item: string): unknown[] {
  const [, first, last] = /^(\d{1,9})[-–…](\d{1,9})$/.exec(item) ?? [];
  if (first !== undefined && last !== undefined) {
    const count = Math.min(Number(last) - Number(first) + 1, MOST);
    if (count > 0) return Array.from({ length: count }, (_, at) => Number(first) + at);
  }
  return [numberOf(item)];
}

/** A number as written, comma or point; the text itself when it is none. */
export function numberOf(text: string): number | string {
  const written = text.trim().replace("−", "-").replace(",", ".");
  const value = Number(written);
  return written === "" || !Number.isFinite(value) ? text : value;
}
