/** Isometer: stress, Spearman and Pearson of the distances of all pairs. Arguments: ORIGINAL LATENT. */

import { readFileSync } from "node:fs";
import { audit, readMatrix } from "../../dist/index.js";
import { serve } from "./serve.mjs";

const [original, latent] = process.argv.slice(2);
const x = await readMatrix(original);
const z = await readMatrix(latent);
const scores = ["stressNormalized", "distanceSpearman", "distancePearson"];

await serve({
  version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
  run: () => audit(x, z, { scores, exact: true }),
  finish: (last) => ({
    stress: last.scores.stressNormalized.value,
    spearman: last.scores.distanceSpearman.value,
    pearson: last.scores.distancePearson.value,
  }),
});
