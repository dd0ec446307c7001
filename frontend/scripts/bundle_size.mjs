// Fails when opening any one view fetches more than the budget: the entry and all that the view imports, gzipped.

import { existsSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 120;
const ENTRY = "index.js";
const STATIC = /(?:from|import)\s*["'`]\.\/([^"'`]+\.js)["'`]/g;
const LAZY = /import\(\s*["'`]\.\/([^"'`]+\.js)["'`]/g;
const folder = new URL("../../tb_cnnviz/static/", import.meta.url);

const texts = new Map();

function text(name) {
  if (!texts.has(name)) texts.set(name, readFileSync(new URL(name, folder), "utf8"));
  return texts.get(name);
}

function imported(name, pattern) {
  return [...text(name).matchAll(pattern)].map(([, other]) => other);
}

/** A chunk with all that it imports at once, added to what is there already. */
function withImports(name, there) {
  const found = new Set(there);
  const add = (one) => {
    if (found.has(one)) return;
    found.add(one);
    imported(one, STATIC).forEach(add);
  };
  add(name);
  return found;
}

function sizeOf(names) {
  let bytes = 0;
  for (const name of names) bytes += gzipSync(text(name), { level: 9 }).length;
  return bytes / 1000;
}

/** What is fetched until a chunk runs; then the same for every chunk that it may fetch later. */
function report(name, there, path) {
  const needed = withImports(name, there);
  const sizes = [{ path, size: sizeOf(needed) }];
  for (const one of needed) {
    if (there.has(one)) continue;
    for (const later of imported(one, LAZY))
      if (!needed.has(later)) sizes.push(...report(later, needed, [...path, later]));
  }
  return sizes;
}

if (!existsSync(new URL(ENTRY, folder))) throw new Error("nothing is built: npm run build");
const sizes = report(ENTRY, new Set(), [ENTRY]);
for (const { path, size } of sizes) console.log(`${size.toFixed(1).padStart(6)} kB  ${path.join(" → ")}`);
console.log(
  `${sizeOf(texts.keys()).toFixed(1).padStart(6)} kB  all together; at most ${LIMIT_KB} for any one view`,
);
process.exitCode = sizes.some(({ size }) => size > LIMIT_KB) ? 1 : 0;
