import { mean, type Rng } from "../../base/index.ts";
import { isSquared, type Neighbors, slotsOf } from "../../neighbors/index.ts";
import { SIGMAS } from "../columns.ts";
import type { Comparison } from "../compare.ts";
import type { KlScore, Score } from "../result.ts";
import { intervalBy, samplingOf } from "./sampling.ts";

/**
 * Density correlation: are dense places of the original dense in the latent? Pearson correlation of the logarithms of local radii, -1..1. 1 = the
 * latent's radii are a power of the original's, 0 at random.
 *
 * The radius of a row is the mean squared distance to its k nearest neighbours, each space its own (Narayan, Berger & Cho 2021, densMAP, there with
 * the weights of UMAP's graph; here all weigh the same). Rows whose radius is 0 in one of the spaces, copies of at least k others, have no logarithm: they
 * are left out, and `n` is how many rows remain. Not defined where radii do not vary.
 */
export function densityCorrelation(comparison: Comparison, rng: Rng): Score | null {
  const { x, z } = comparison.neighbors!;
  const [logX, logZ] = [logRadii(comparison, x, "x"), logRadii(comparison, z, "z")];
  const slots = slotsOf(comparison.layout);
  const once = new Int32Array(slots).fill(1);
  const value = correlation(logX, logZ, once);
  if (Number.isNaN(value)) return null;
  const statistic = (weights: Int32Array) => {
    const drawn = correlation(logX, logZ, weights);
    return Number.isNaN(drawn) ? value : drawn;
  };
  return {
    value,
    interval: intervalBy(comparison, value, statistic, rng.split("densityCorrelation"), [-1, 1]),
    n: logX.filter((log, slot) => Number.isFinite(log) && Number.isFinite(logZ[slot]!)).length,
    unit: "points",
    ...samplingOf(comparison),
    ideal: 1,
    null: 0,
    baseline: null,
  };
}

/** ln of the mean squared distance to the k nearest, by slot; -Infinity for copies of k others. */
function logRadii({ spaces, k, layout }: Comparison, { orders }: Neighbors, side: "x" | "z"): Float64Array {
  const power = isSquared(spaces[side].metric) ? 1 : 2;
  return new Float64Array(slotsOf(layout)).map((_, slot) => {
    let sum = 0;
    for (let q = slot * k; q < (slot + 1) * k; q++) sum += orders[q]! ** power;
    return Math.log(sum / k);
  });
}

/** Weighted Pearson correlation where both are finite; NaN where one does not vary (but for rounding). */
function correlation(a: Float64Array, b: Float64Array, weights: Int32Array): number {
  let [n, sumA, sumB] = [0, 0, 0];
  const used = (i: number) => weights[i]! > 0 && Number.isFinite(a[i]!) && Number.isFinite(b[i]!);
  for (let i = 0; i < a.length; i++) {
    if (!used(i)) continue;
    n += weights[i]!;
    sumA += weights[i]! * a[i]!;
    sumB += weights[i]! * b[i]!;
  }
  let [aa, bb, ab] = [0, 0, 0];
  for (let i = 0; i < a.length; i++) {
    if (!used(i)) continue;
    const [u, v] = [a[i]! - sumA / n, b[i]! - sumB / n];
    aa += weights[i]! * u * u;
    bb += weights[i]! * v * v;
    ab += weights[i]! * u * v;
  }
  const varies = n > 0 && Math.min(aa, bb) > n * ROUNDING;
  return varies ? Math.max(-1, Math.min(1, ab / Math.sqrt(aa * bb))) : Number.NaN;
}

/** Variance of logarithms that sums in another order can make. */
const ROUNDING = 1e-24;

/**
 * KL divergence of densities: sum_i p_i ln(p_i / q_i), where p_i is proportional to sum_j exp(-(d_ij / d_max)^2 / sigma) in the original (j = i counts) and
 * q_i to the same in the latent. 0 = dense where the original is dense. `value` is at sigma = 0.1, where a row's surroundings are about a third of the space; 0.01
 * looks at its neighbourhood, 1 at its distance from the middle (Moor et al. 2020).
 *
 * Compares densities, not rows: points of equal density may be swapped unseen. d_max is the largest distance (to six digits); of a
 * sample the largest that was met, by anchors and from the outermost rows. Chance: the densities of the latent in any order. Interval: bootstrap over anchors.
 */
export function klDensity(comparison: Comparison, rng: Rng): KlScore {
  const { layout, densities } = comparison.columns!;
  const slots = slotsOf(layout);
  const once = new Int32Array(slots).fill(1);
  const [at1, at01, at001] = SIGMAS.map((_, s) =>
    divergence(ofSigma(densities.x, s), ofSigma(densities.z, s)),
  );
  const value = at01!(once);
  const here = { ...comparison, layout };
  return {
    value,
    interval: intervalBy(here, value, at01!, rng.split("klDensity"), [0, Number.POSITIVE_INFINITY]),
    n: slots,
    unit: "points",
    ...samplingOf(here),
    ideal: 0,
    null: nullDivergence(ofSigma(densities.x, AT01), ofSigma(densities.z, AT01)),
    baseline: null,
    sigmas: { "0.01": at001!(once), "0.1": value, "1": at1!(once) },
  };
}

/**
 * Density distance: sum_i |p_i - q_i| at sigma = 0.1, with p and q the densities of `klDensity` (Moor et al. 2020, there and in ZADU "distance to measure"). 0 to 2; 0 = dense
 * where the original is dense. Chance: the densities of the latent in any order. Interval: bootstrap over anchors.
 */
export function densityDistance(comparison: Comparison, rng: Rng): Score {
  const { layout, densities } = comparison.columns!;
  const slots = slotsOf(layout);
  const here = { ...comparison, layout };
  const [p, q] = [ofSigma(densities.x, AT01), ofSigma(densities.z, AT01)];
  const distance = (weights: Int32Array) => {
    const [sumP, sumQ] = [weightedSum(p, weights), weightedSum(q, weights)];
    let sum = 0;
    for (let i = 0; i < slots; i++) sum += weights[i]! * Math.abs(p[i]! / sumP - q[i]! / sumQ);
    return sum;
  };
  const value = distance(new Int32Array(slots).fill(1));
  return {
    value,
    interval: intervalBy(here, value, distance, rng.split("densityDistance"), [0, 2]),
    n: slots,
    unit: "points",
    ...samplingOf(here),
    ideal: 0,
    null: meanDifference(p, q),
    baseline: null,
  };
}

/** The place of sigma = 0.1. */
const AT01 = 1;

function weightedSum(values: Float64Array, weights: Int32Array): number {
  return values.reduce((sum, value, i) => sum + weights[i]! * value, 0);
}

/** The expected sum of |p_i - q_i| over all orders of q, each over its sum: the mean over all pairs, n times; from both sorted. */
function meanDifference(densitiesX: Float64Array, densitiesZ: Float64Array): number {
  const n = densitiesX.length;
  const share = (values: Float64Array) => {
    const sum = mean(values) * n;
    return values.map((value) => value / sum).sort();
  };
  const [p, q] = [share(densitiesX), share(densitiesZ)];
  let [below, belowSum, total] = [0, 0, 0];
  for (const own of p) {
    while (below < n && q[below]! <= own) belowSum += q[below++]!;
    // The sum of q is 1.
    total += own * below - belowSum + (1 - belowSum) - own * (n - below);
  }
  return total / n;
}

/** The densities of one sigma. */
function ofSigma(densities: Float64Array, s: number): Float64Array {
  return new Float64Array(densities.length / SIGMAS.length).map(
    (_, slot) => densities[slot * SIGMAS.length + s]!,
  );
}

/** The divergence of rows counted `weights[i]` times: with a, b the densities, sum a ln(a / b) / sum a - ln(sum a / sum b). */
function divergence(x: Float64Array, z: Float64Array): (weights: Int32Array) => number {
  const logs = x.map((a, i) => Math.log(a / z[i]!));
  return (weights) => {
    let [sumX, sumZ, sum] = [0, 0, 0];
    for (let i = 0; i < weights.length; i++) {
      sumX += weights[i]! * x[i]!;
      sumZ += weights[i]! * z[i]!;
      sum += weights[i]! * x[i]! * logs[i]!;
    }
    return Math.max(0, sum / sumX - Math.log(sumX / sumZ));
  };
}

/** The expected divergence over all orders of the rows of the latent: sum p ln p - mean ln q. */
function nullDivergence(x: Float64Array, z: Float64Array): number {
  const [sumX, sumZ] = [mean(x) * x.length, mean(z) * z.length];
  let sum = 0;
  for (let i = 0; i < x.length; i++) sum += (x[i]! / sumX) * Math.log(x[i]! / sumX);
  return Math.max(0, sum - mean(z.map((b) => Math.log(b / sumZ))));
}
