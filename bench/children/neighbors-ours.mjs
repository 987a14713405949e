/** Isometer: exact nearest neighbours, winners refined in float64. Arguments: DATABASE QUERIES K THREADS ANSWER. */

import { readFileSync } from "node:fs";
import { nearestNeighbors, readMatrix } from "../../dist/index.js";
import { writeAnswer } from "./neighbors-files.mjs";
import { serve } from "./serve.mjs";

const [database, queries, k, threads, answer] = process.argv.slice(2);
// On memory that worker threads share, where our reader puts them: before the clock starts, as Faiss fills its index.
const [db, q] = [await readMatrix(database), await readMatrix(queries)];

await serve({
  version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
  run: () => nearestNeighbors(q, db, { nNeighbors: Number(k), threads: Number(threads) }),
  finish({ ids, distances }) {
    writeAnswer(answer, ids, distances);
    return {};
  },
});
