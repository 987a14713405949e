/** Isometer: orthogonal Procrustes and ridge regression fitted to anchors, and what mapped queries then find by cosine. Arguments: FROM TO ANCHORS, ANCHORS being how many of the first rows. */

import { readFileSync } from "node:fs";
import { FITTERS, openFitting } from "../../dist/align/methods.js";
import { openTarget, scoreFitted } from "../../dist/align/retrieval.js";
import { gatherRows, mean, rng } from "../../dist/base/index.js";
import { findEngine } from "../../dist/engine/index.js";
import { readMatrix } from "../../dist/index.js";
import { openAlgebra } from "../../dist/linalg/index.js";
import { serve } from "./serve.mjs";

const [from, to, count] = process.argv.slice(2);
const [x, y] = [await readMatrix(from), await readMatrix(to)];
const anchors = Int32Array.from({ length: Number(count) }, (_, i) => i);
const test = Int32Array.from({ length: x.rows - anchors.length }, (_, i) => anchors.length + i);
const engine = await findEngine();
const algebra = openAlgebra(engine);
const search = { engine, algebra, metric: "cosine", nNeighbors: 10 };

await serve({
  version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
  run: async () => {
    const means = { algebra, engine, unitRows: true, rng: rng(0) };
    const fitting = await openFitting(gatherRows(x, anchors), gatherRows(y, anchors), means);
    const target = await openTarget(y, test, search);
    const found = {};
    for (const method of ["orthogonal", "ridge"]) {
      found[method] = await scoreFitted(await FITTERS[method](fitting), gatherRows(x, test), target, search);
    }
    return found;
  },
  finish: ({ orthogonal, ridge }) => ({
    "recall, Procrustes": mean(orthogonal.recall),
    "recall, ridge": mean(ridge.recall),
    "MRR, Procrustes": mean(orthogonal.reciprocalRank),
    "MRR, ridge": mean(ridge.reciprocalRank),
  }),
});
