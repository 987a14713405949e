/** Isometer: a map to fewer dimensions. Arguments: VECTORS METHOD DIMENSIONS [ROWS]. */

import { readFileSync } from "node:fs";
import { rowsOf } from "../../dist/base/index.js";
import { findEngine } from "../../dist/engine/index.js";
import { audit, readMatrix } from "../../dist/index.js";
import { fitMds, fitPca } from "../../dist/reduce/index.js";
import { serve } from "./serve.mjs";

const [path, method, dimensions, rows] = process.argv.slice(2);
const all = await readMatrix(path);
const x = rows ? rowsOf(all, { start: 0, end: Number(rows) }) : all;
const options = { engine: await findEngine(), seed: 0, unitRows: false, whiten: false };
const fitted = method === "pca" ? fitPca : fitMds;

await serve({
  version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
  run: () => fitted(x, Number(dimensions), options),
  async finish({ objective, codes }) {
    if (method === "pca") return { explained: objective.value };
    // Measured apart from the fit, over all pairs.
    const { scores } = await audit(x, codes, { scores: ["stressNormalized"], exact: true });
    return { stress: scores.stressNormalized.value };
  },
});
