/** Isometer: neighbours within one set. Arguments: VECTORS K SEARCH (exact, approximate) ANSWER. */

import { readFileSync } from "node:fs";
import { neighborsOf, readMatrix } from "../../dist/index.js";
import { writeAnswer } from "./neighbors-files.mjs";
import { serve } from "./serve.mjs";

const [vectors, k, neighbors, answer] = process.argv.slice(2);
const x = await readMatrix(vectors);

await serve({
  version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
  run: () => neighborsOf(x, { nNeighbors: Number(k), neighbors }),
  finish({ ids, distances, recall, plan }) {
    writeAnswer(answer, ids, distances);
    if (!recall) return {};
    const [low, high] = recall.interval.map((end) => end.toFixed(4));
    return {
      "stated recall": `${recall.value.toFixed(4)} [${low}, ${high}]`,
      "share of pairs": plan.share,
    };
  },
});
