/**
 * Isometer: a map to fewer dimensions. Arguments: VECTORS METHOD DIMENSIONS [TOGETHER [ROWS]]: so many rows of the file are one, and so many of these. METHOD: pca (its usual solver), randomized, mds,
 * nonmetric.
 */

import { readFileSync } from "node:fs";
import { findEngine } from "../../dist/engine/index.js";
import { audit, readMatrix } from "../../dist/index.js";
import { isotonicFit } from "../../dist/optim/index.js";
import { fitMds, fitPca } from "../../dist/reduce/index.js";
import { serve } from "./serve.mjs";

const [path, method, dimensions, together = "1", count] = process.argv.slice(2);
const all = await readMatrix(path);
const cols = all.cols * Number(together);
const rows = Number(count ?? all.rows / Number(together));
const x = { data: all.data.subarray(0, rows * cols), rows, cols };
const options = { engine: await findEngine(), seed: 0, unitRows: false, whiten: false };
if (method === "randomized") options.solver = "randomized";
if (method === "nonmetric") options.nonMetric = true;
const fitted = method === "mds" || method === "nonmetric" ? fitMds : fitPca;

await serve({
  version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
  run: () => fitted(x, Number(dimensions), options),
  async finish({ objective, codes }) {
    if (method === "nonmetric") return { stress: nonMetricStress(codes) };
    if (method !== "mds") return { explained: objective.value };
    // Measured apart from the fit, over all pairs.
    const { scores } = await audit(x, codes, { scores: ["stressNormalized"], exact: true });
    return { stress: scores.stressNormalized.value };
  },
});

/** Kruskal's first stress over all pairs, equal lengths having one disparity. */
function nonMetricStress(codes) {
  const [lengths, distances] = [distancesOf(x), distancesOf(codes)];
  const fit = isotonicFit(lengths, distances);
  let [off, total] = [0, 0];
  for (let p = 0; p < fit.length; p++) {
    off += (distances[p] - fit[p]) ** 2;
    total += distances[p] ** 2;
  }
  return Math.sqrt(off / total);
}

function distancesOf({ data, rows, cols }) {
  const out = new Float64Array((rows * (rows - 1)) / 2);
  for (let i = 0, p = 0; i < rows; i++) {
    for (let j = 0; j < i; j++, p++) {
      let square = 0;
      for (let k = 0; k < cols; k++) square += (data[i * cols + k] - data[j * cols + k]) ** 2;
      out[p] = Math.sqrt(square);
    }
  }
  return out;
}
