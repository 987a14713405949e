/** Isometer: clusters of one file, labels written beside it. Arguments: FOLDER NAME hdbscan SIZE SAMPLES, or FOLDER NAME kmeans K RESTARTS. */

import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { mean } from "../../dist/base/index.js";
import { hdbscan, kMeans, readMatrix } from "../../dist/index.js";
import { serve } from "./serve.mjs";

const [folder, name, method, first, second] = process.argv.slice(2);
const points = await readMatrix(join(folder, `${name}.npy`));

const fitted = (seed) =>
  method === "kmeans"
    ? kMeans(points, { k: Number(first), restarts: Number(second), seed })
    : hdbscan(points, { minClusterSize: Number(first), minSamples: Number(second) });

await serve({
  version: JSON.parse(readFileSync(new URL("../../package.json", import.meta.url), "utf8")).version,
  run: () => fitted(0),
  finish: async (last) => {
    writeFileSync(join(folder, `${name}-isometer.json`), JSON.stringify(Array.from(last.labels)));
    if (method === "hdbscan") return { clusters: last.clusters.length, noise: last.noise };
    const all = [last.inertia];
    for (let seed = 1; seed < 5; seed++) all.push((await fitted(seed)).inertia);
    return { inertia: mean(all) };
  },
});
