/**
 * embedding-atlas: UMAP in WebAssembly, one thread. Arguments: VECTORS [ROWS].
 *
 * Its entry point needs a browser and the packages of its user interface; the file with UMAP, which the entry point re-exports, needs
 * neither. WebGPU is off: Node has none.
 */

import { readFileSync } from "node:fs";
import { createUMAP } from "../peers/node_modules/embedding-atlas/dist/umap.js";
import { writeLayout } from "./layout-files.mjs";
import { readNpy } from "./neighbors-files.mjs";
import { serve } from "./serve.mjs";

const [path, count] = process.argv.slice(2);
const { data, rows, cols } = readNpy(path);
const n = count ? Number(count) : rows;
const x = data.subarray(0, n * cols);

await serve({
  version: JSON.parse(
    readFileSync(new URL("../peers/node_modules/embedding-atlas/package.json", import.meta.url), "utf8"),
  ).version,
  async run() {
    const map = await createUMAP(n, cols, 2, x, {
      metric: "euclidean",
      nNeighbors: 15,
      minDist: 0.1,
      seed: 0,
    });
    await map.run();
    const codes = Float32Array.from(map.embedding);
    map.destroy();
    return codes;
  },
  finish(codes) {
    writeLayout(codes);
    return {};
  },
});
