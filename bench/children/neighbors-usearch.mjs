/** USearch from npm: exactSearch with squared Euclidean distance. Arguments: DATABASE QUERIES K THREADS ANSWER. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { readNpy, writeAnswer } from "./neighbors-files.mjs";
import { serve } from "./serve.mjs";

const require = createRequire(new URL("../peers/package.json", import.meta.url));
const { exactSearch, MetricKind } = require("usearch");
const [database, queries, k, threads, answer] = process.argv.slice(2);
const [db, q] = [readNpy(database), readNpy(queries)];

await serve({
  version: JSON.parse(
    readFileSync(new URL("../peers/node_modules/usearch/package.json", import.meta.url), "utf8"),
  ).version,
  run: () => exactSearch(db.data, q.data, db.cols, Number(k), MetricKind.L2sq, Number(threads)),
  finish({ keys, distances }) {
    writeAnswer(answer, keys, distances.map(Math.sqrt));
    return {};
  },
});
