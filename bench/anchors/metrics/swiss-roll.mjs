/** T1: what Li, Zang & Wu (2020, Markov-Lipschitz deep learning) report of a flat map of the Swiss roll. */

import { densities, divergence } from "./density.mjs";
import { distances } from "./pairs.mjs";
import { meanRelativeRankError, ranksOf, trustworthiness } from "./ranks.mjs";

/** @typedef {import("../../../dist/index.js").Matrix} Matrix */

const RANK_NEIGHBORS = [10, 20];
const LOCAL_NEIGHBORS = [4, 5, 6, 7, 8, 9];
const LIPSCHITZ_NEIGHBORS = 5;
const SIGMA = 0.01;
/**
 * A map counts as unfolded from here on. The published counts give no rule; Isomap (k = 10), which has 6 of 10, has a trustworthiness of at least .9992 on six
 * of the ten rolls and of at most .982 on the other four.
 */
const UNFOLDED = 0.99;

/**
 * Lengths are divided by the root of the number of dimensions before they are compared, so that an isometry from 3 to 2 dimensions has a Lipschitz
 * constant of sqrt(3/2): multiply the map by this to undo that.
 */
export const DIMENSION_SCALE = Math.sqrt(2 / 3);

/**
 * `lKl`: divergence of densities at sigma .01; `rre`: mean relative rank error, `trust`, `cont`: means over k = 10 and 20; `lgd`: root mean square of the
 * difference of lengths to the k nearest in X, mean over k = 4..9; `kMin`, `kMax`: extremes over rows of the largest change of a length, up or down, to the
 * 5 nearest in X.
 *
 * @param {Matrix} original n x D
 * @param {Matrix} map n x d
 */
export function measureSwissRoll(original, map) {
  const n = original.rows;
  const dx = distances(original);
  const dz = distances(map);
  const x = ranksOf(dx, n);
  const z = ranksOf(dz, n);
  const [px, pz] = [dx, dz].map((d) => densities(d, n, [SIGMA])[0]);
  const trust = meanOver(RANK_NEIGHBORS, (k) => trustworthiness(x, z, k));
  // As the protocol has them: per root of a dimension.
  const lx = dx.map((length) => length / Math.sqrt(original.cols));
  const lz = dz.map((length) => length / Math.sqrt(map.cols));
  return {
    unfolded: trust >= UNFOLDED,
    lKl: divergence(px, pz),
    rre: meanOver(RANK_NEIGHBORS, (k) => meanRelativeRankError(x, z, k)),
    trust,
    cont: meanOver(RANK_NEIGHBORS, (k) => trustworthiness(z, x, k)),
    lgd: meanOver(LOCAL_NEIGHBORS, (k) => localError(lx, lz, x, k)),
    ...lipschitz(lx, lz, x),
  };
}

function localError(lx, lz, { order, n }, k) {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    for (let r = 1; r <= k; r++) {
      const pair = i * n + order[i * n + r];
      sum += (lx[pair] - lz[pair]) ** 2;
    }
  }
  return Math.sqrt(sum / (k * n));
}

function lipschitz(lx, lz, { order, n }) {
  let [kMin, kMax] = [Infinity, 0];
  for (let i = 0; i < n; i++) {
    let constant = 0;
    for (let r = 1; r <= LIPSCHITZ_NEIGHBORS; r++) {
      const pair = i * n + order[i * n + r];
      constant = Math.max(constant, lz[pair] / lx[pair], lx[pair] / lz[pair]);
    }
    kMin = Math.min(kMin, constant);
    kMax = Math.max(kMax, constant);
  }
  return { kMin, kMax };
}

/** @param {readonly number[]} ks @param {(k: number) => number} of */
function meanOver(ks, of) {
  return ks.reduce((sum, k) => sum + of(k), 0) / ks.length;
}
