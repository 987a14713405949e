/** Isometer: a layout in 2 dimensions. Arguments: VECTORS METHOD [ROWS], METHOD umap or tsne. */

import { readFileSync } from "node:fs";
import { rowsOf } from "../../dist/base/index.js";
import { findEngine } from "../../dist/engine/index.js";
import { readMatrix } from "../../dist/index.js";
import * as reduce from "../../dist/reduce/index.js";
import { writeLayout } from "./layout-files.mjs";
import { serve } from "./serve.mjs";

const [path, method, rows] = process.argv.slice(2);
const all = await readMatrix(path);
const x = rows ? rowsOf(all, { start: 0, end: Number(rows) }) : all;
// umap-learn's 15 neighbours count the row itself.
const own = method === "umap" ? { nNeighbors: 14 } : {};
const options = { engine: await findEngine(), seed: 0, unitRows: false, ...own };
// Looked up by name: a build that lacks one method can still run the other.
const fitted = { umap: reduce.fitUmap, tsne: reduce.fitTsne }[method];
if (!fitted) {
  console.error(`this build has no ${method}`);
  process.exit(1);
}

await serve({
  version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
  run: () => fitted(x, 2, options),
  finish({ objective, codes }) {
    writeLayout(codes.data);
    return method === "tsne" && objective ? { "own KL": objective.value } : {};
  },
});
