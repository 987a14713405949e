/** Isometer: a map to fewer dimensions. Arguments: VECTORS METHOD DIMENSIONS [TOGETHER]: so many rows of the file are one. METHOD: pca (its usual solver), randomized, mds. */

import { readFileSync } from "node:fs";
import { findEngine } from "../../dist/engine/index.js";
import { audit, readMatrix } from "../../dist/index.js";
import { fitMds, fitPca } from "../../dist/reduce/index.js";
import { serve } from "./serve.mjs";

const [path, method, dimensions, together = "1"] = process.argv.slice(2);
const all = await readMatrix(path);
const x = { data: all.data, rows: all.rows / Number(together), cols: all.cols * Number(together) };
const options = { engine: await findEngine(), seed: 0, unitRows: false, whiten: false };
if (method === "randomized") options.solver = "randomized";
const fitted = method === "mds" ? fitMds : fitPca;

await serve({
  version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
  run: () => fitted(x, Number(dimensions), options),
  async finish({ objective, codes }) {
    if (method !== "mds") return { explained: objective.value };
    // Measured apart from the fit, over all pairs.
    const { scores } = await audit(x, codes, { scores: ["stressNormalized"], exact: true });
    return { stress: scores.stressNormalized.value };
  },
});
