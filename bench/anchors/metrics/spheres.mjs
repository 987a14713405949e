/** T2: what Moor et al. (2020, Topological autoencoders) report of a map of the test rows of the spheres, with Pearson and stress beside it. */

import { densities, divergence } from "./density.mjs";
import { comparePairs, distances } from "./pairs.mjs";
import { meanRelativeRankError, ranksOf, trustworthiness } from "./ranks.mjs";

/** @typedef {import("../../../dist/index.js").Matrix} Matrix */

const NEIGHBORS = Array.from({ length: 20 }, (_, i) => 10 * (i + 1));
const SIGMAS = [0.01, 0.1, 1];

/**
 * `kl001`, `kl01`, `kl1`: divergences of densities; `mrre`, `cont`, `trust`: means over k = 10, 20 .. 200; `rmse` as the map is, and at its best scale.
 *
 * @param {Matrix} original n x D
 * @param {Matrix} map n x d
 */
export function measureSpheres(original, map) {
  const n = original.rows;
  const dx = distances(original);
  const dz = distances(map);
  const x = ranksOf(dx, n);
  const z = ranksOf(dz, n);
  const px = densities(dx, n, SIGMAS);
  const pz = densities(dz, n, SIGMAS);
  const [kl001, kl01, kl1] = px.map((p, s) => divergence(p, pz[s]));
  const mean = (of) => NEIGHBORS.reduce((sum, k) => sum + of(k), 0) / NEIGHBORS.length;
  return {
    kl001,
    kl01,
    kl1,
    mrre: mean((k) => meanRelativeRankError(x, z, k)),
    cont: mean((k) => trustworthiness(z, x, k)),
    trust: mean((k) => trustworthiness(x, z, k)),
    ...comparePairs(dx, dz, n),
  };
}
