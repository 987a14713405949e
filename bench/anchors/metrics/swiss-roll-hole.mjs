/**
 * T3: what Zhan et al. (2026, Bi-Lipschitz autoencoder) measure on test rows, by shortest paths in graphs of 10 neighbours on both sides; and beside it,
 * how a map compares with the true chart.
 */

import { audit } from "../../../dist/index.js";
import { densities, divergence } from "./density.mjs";
import { meanSquaredError } from "./pairs.mjs";
import { shortestPaths } from "./paths.mjs";

/**
 * @typedef {import("../../../dist/index.js").Matrix} Matrix
 * @typedef {{ paths: import("./paths.mjs").Paths, density: Float64Array[] }} Side
 */

const GRAPH_NEIGHBORS = 10;
const RECALL_NEIGHBORS = Array.from({ length: 9 }, (_, i) => 5 * (i + 1));
const KEPT = RECALL_NEIGHBORS.at(-1);
const SIGMAS = [0.01, 0.1, 1];

/**
 * Paths and densities of one space: half a minute for 8,500 rows, 4 n^2 bytes. That of the test rows serves all maps of them.
 *
 * @param {Matrix} points
 * @returns {Side}
 */
export function sideOf(points) {
  const paths = shortestPaths(points, { neighbors: GRAPH_NEIGHBORS, kept: KEPT });
  return { paths, density: densities(paths.lengths, points.rows, SIGMAS) };
}

/**
 * By paths. `recall`: of neighbours, mean over k = 5, 10 .. 45; `kl001`, `kl01`, `kl1`: divergences of densities.
 *
 * @param {Side} original
 * @param {Side} map
 */
export function compareSides(original, map) {
  const [kl001, kl01, kl1] = original.density.map((p, s) => divergence(p, map.density[s]));
  return { recall: meanRecall(original.paths, map.paths), kl001, kl01, kl1 };
}

/**
 * Euclidean distances of all pairs of rows, by our own audit: `pearson`, `spearman`, `stress` at the best scale a = sum dx dz / sum dz^2, and `ratio01`,
 * `ratio99`, percentiles of a dz / dx.
 *
 * @param {Matrix} chart n x 2, the true one
 * @param {Matrix} map n x d
 */
export async function compareWithChart(chart, map) {
  const { scores } = await audit(chart, map, {
    exact: true,
    scores: ["stress", "distancePearson", "distanceSpearman", "stretch"],
  });
  const { levels, quantiles, scale } = scores.stretch;
  // `scale.leastSquares` is sum dx dz / sum dx^2, and stress^2 = 1 - (sum dx dz)^2 / (sum dx^2 sum dz^2).
  const best = (1 - scores.stress.value ** 2) / scale.leastSquares;
  const ratioAt = (level) => quantiles[levels.indexOf(level)] * scale.median * best;
  return {
    pearson: scores.distancePearson.value,
    spearman: scores.distanceSpearman.value,
    stress: scores.stress.value,
    ratio01: ratioAt(0.01),
    ratio99: ratioAt(0.99),
  };
}

/** Mean squared error of decoded test rows, over all coordinates. */
export const reconstruction = meanSquaredError;

/** Share of the k nearest of one side that are among the k nearest of the other, mean over rows and k. */
function meanRecall(x, z) {
  const { n } = x;
  const shared = new Float64Array(KEPT);
  const place = new Int32Array(n).fill(-1);
  for (let i = 0; i < n; i++) {
    const [inX, inZ] = [x, z].map(({ near }) => near.subarray(i * KEPT, (i + 1) * KEPT));
    inX.forEach((row, r) => {
      if (row >= 0) place[row] = r;
    });
    inZ.forEach((row, r) => {
      if (row >= 0 && place[row] >= 0) shared[Math.max(r, place[row])]++;
    });
    inX.forEach((row) => {
      if (row >= 0) place[row] = -1;
    });
  }
  for (let r = 1; r < KEPT; r++) shared[r] += shared[r - 1];
  return RECALL_NEIGHBORS.reduce((sum, k) => sum + shared[k - 1] / (k * n), 0) / RECALL_NEIGHBORS.length;
}
