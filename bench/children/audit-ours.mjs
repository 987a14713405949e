/** Isometer: trustworthiness and continuity in one audit. Arguments: ORIGINAL LATENT K. */

import { readFileSync } from "node:fs";
import { audit, readMatrix } from "../../dist/index.js";
import { serve } from "./serve.mjs";

const [original, latent, k] = process.argv.slice(2);
const x = await readMatrix(original);
const z = await readMatrix(latent);

await serve({
  version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
  run: () => audit(x, z, { scores: ["trustworthiness", "continuity"], nNeighbors: Number(k), exact: true }),
  finish: ({ scores }) => ({
    trustworthiness: scores.trustworthiness.value,
    continuity: scores.continuity.value,
  }),
});
