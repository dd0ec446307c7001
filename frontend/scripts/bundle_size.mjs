/** Fails when the built page is larger than its budget: all JavaScript together, gzipped. */

import { readdirSync, readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";

const LIMIT_KB = 120;
const folder = new URL("../../tb_cnnviz/static/", import.meta.url);

let total = 0;
for (const name of readdirSync(folder).sort()) {
  if (!name.endsWith(".js")) continue;
  const size = gzipSync(readFileSync(new URL(name, folder)), { level: 9 }).length;
  total += size;
  console.log(`${(size / 1000).toFixed(1).padStart(6)} kB  ${name}`);
}
console.log(`${(total / 1000).toFixed(1).padStart(6)} kB  of ${LIMIT_KB}`);
if (total === 0) throw new Error("nothing is built: npm run build");
process.exitCode = total > LIMIT_KB * 1000 ? 1 : 0;
