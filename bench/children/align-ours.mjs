/** Isometer: orthogonal Procrustes and ridge regression fitted to anchors, and what mapped queries then find by cosine. Arguments: FROM TO ANCHORS, ANCHORS being how many of the first rows. */

import { readFileSync } from "node:fs";
import { mapRows } from "../../dist/align/map.js";
import { FITTERS, openFitting } from "../../dist/align/methods.js";
import { openIndex, openTarget, retrieveEach } from "../../dist/align/retrieval.js";
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
    const target = await openTarget(await openIndex(y, search), test, search);
    const trips = [];
    for (const method of ["orthogonal", "ridge"]) {
      const fitted = await FITTERS[method](fitting);
      trips.push({ fitted, queries: await mapRows(fitted.from, gatherRows(x, test), search), target });
    }
    return retrieveEach(trips, search);
  },
  finish: ([orthogonal, ridge]) => ({
    "recall, Procrustes": mean(orthogonal.recall),
    "recall, ridge": mean(ridge.recall),
    "MRR, Procrustes": mean(orthogonal.reciprocalRank),
    "MRR, ridge": mean(ridge.reciprocalRank),
  }),
});
