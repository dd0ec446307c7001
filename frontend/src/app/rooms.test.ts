import { expect, test } from "vitest";

const sources = import.meta.glob<string>("../**/*.{ts,tsx}", {
  query: "?raw",
  import: "default",
  eager: true,
});

const MAY_IMPORT: Record<string, readonly string[]> = {
  draw: [],
  ui: ["draw"],
  api: [],
  state: ["api"],
  views: ["draw", "ui", "api", "state"],
  app: ["draw", "ui", "api", "state", "views"],
};

/** "app" of "../app/x.ts" or, beside this file, of "./x.ts". */
function roomOf(path: string): string {
  return path.startsWith("./") ? "app" : (path.split("/")[1] ?? "");
}

/** Breaches of the direction between rooms, one line each. */
function breaches(files: Record<string, string>): string[] {
  const found: string[] = [];
  for (const [path, text] of Object.entries(files)) {
    const room = roomOf(path);
    const depth = path.startsWith("./") ? 0 : path.split("/").length - 3;
    for (const [, target = ""] of text.matchAll(/(?:from|import\() ?"([^"]+)"/g)) {
      const ups = target.match(/\.\.\//g)?.length ?? 0;
      if (ups !== depth + 1) continue;
      const other = target.replaceAll("../", "").split("/")[0] ?? "";
      if (other !== room && !MAY_IMPORT[room]?.includes(other)) found.push(`${path} imports ${target}`);
    }
  }
  return found;
}

test("rooms import downwards only", () => {
  expect(Object.keys(sources).length).toBeGreaterThan(50);
  expect(breaches(sources)).toEqual([]);
});

test("a breach would be seen", () => {
  const wrong = { "../draw/grid.ts": 'import { Store } from "../state/store";' };
  expect(breaches(wrong)).toEqual(["../draw/grid.ts imports ../state/store"]);
  const deep = { "../views/layer/head.tsx": 'import { x } from "../../app/frame";' };
  expect(breaches(deep)).toHaveLength(1);
});

test("only api fetches, and nothing evaluates code", () => {
  const code = Object.entries(sources).filter(([path]) => !path.includes(".test."));
  const fetching = code.filter(([, text]) => /\bfetch\(|XMLHttpRequest|EventSource/.test(text));
  expect(fetching.map(([path]) => path)).toEqual(["../api/client.ts"]);
  const evaluating = code.filter(([, text]) => /\beval\(|new Function\(|innerHTML/.test(text));
  expect(evaluating.map(([path]) => path)).toEqual([]);
});
