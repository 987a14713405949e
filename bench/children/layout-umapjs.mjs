/** umap-js: UMAP in JavaScript, one thread, its defaults written out. Arguments: VECTORS [ROWS]. */

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { writeLayout } from "./layout-files.mjs";
import { readNpy } from "./neighbors-files.mjs";
import { serve } from "./serve.mjs";

const { UMAP } = createRequire(new URL("../peers/package.json", import.meta.url))("umap-js");
const [path, count] = process.argv.slice(2);
const { data, rows, cols } = readNpy(path);
// It takes arrays of numbers: they are made before the clock starts.
const x = Array.from({ length: count ? Number(count) : rows }, (_, i) =>
  Array.from(data.subarray(i * cols, (i + 1) * cols)),
);

await serve({
  version: JSON.parse(
    readFileSync(new URL("../peers/node_modules/umap-js/package.json", import.meta.url), "utf8"),
  ).version,
  run: () => new UMAP({ nNeighbors: 15, minDist: 0.1, nComponents: 2 }).fit(x),
  finish(codes) {
    writeLayout(Float32Array.from(codes.flat()));
    return {};
  },
});
