import {
  checkInteger,
  IsometerError,
  type Points,
  type Rng,
  ranges,
  rng,
  sharedFloat32,
} from "../base/index.ts";
import { kernelUrl, runBlocks } from "../engine/index.ts";
import type { CovarianceTimesSetup, ProductSums } from "./covariance-times.kernel.ts";
import { largestEigen } from "./lanczos.ts";
import { combinations, orthonormalised, productsWith } from "./long-vectors.ts";
import type { PcaOptions, PrincipalComponents } from "./pca.ts";
import { type PlacedRows, placeRows } from "./placed-rows.ts";

export interface RandomizedPcaOptions extends PcaOptions {
  /** Directions that are looked for beyond those asked for: with them the last of these converge sooner. Default 10. */
  readonly oversampling?: number;
  /** Converged is a component of |C v - variance v| within this share of its variance. Default .01: variances are then right to about 1e-4. */
  readonly tolerance?: number;
  /** Passes over the rows at most. Default 24. */
  readonly maxPasses?: number;
}

/** Variances below this share of the largest are known to that only: float32 has no more digits for them. */
const LEAST_SHARE = 1e-4;

/**
 * Principal components of rows of any width, by passes over blocks of rows: random directions (Halko, Martinsson & Tropp 2011) are multiplied by the covariance C, and in every
 * pass after that the residuals of the components so far. Components are the best within all directions of this pass, the components of the last one, and how these
 * had changed (Knyazev 2001): that takes fewer passes than powers of C, and residuals come with it.
 *
 * Products are float32, added in float64. Cost of a pass: 4 n D l for l = d + oversampling, then some 16 D l^2. Memory O(D l), whatever n. `iterations` counts passes.
 *
 * @throws bad-option d outside [1, D]; bad-value squares that leave float32
 */
export async function randomizedPca(
  points: Points,
  nComponents: number,
  options: RandomizedPcaOptions,
): Promise<PrincipalComponents> {
  const { rows, cols } = points;
  checkInteger("nComponents", nComponents, 1, cols);
  const { unitRows = false, oversampling = 10, tolerance = 0.01, maxPasses = 24, seed = 0 } = options;
  const { placed, unit } = placeRows(points, unitRows);
  const size = Math.min(cols, nComponents + oversampling);
  let block = randomDirections(rng(seed).split("randomized pca"), size, cols);
  let space: Subspace = { vectors: [], products: [], matrix: [] };
  for (let pass = 1; ; pass++) {
    const { mean, variance, products } = await covarianceTimes(placed, block, {
      ...options,
      ...progressOf(options, pass, maxPasses),
    });
    space = extended(space, block, products);
    const found = ritz(space, size);
    const { values, residuals } = found;
    const largest = Math.max(values[0]!, Number.MIN_VALUE);
    const isOpen = (i: number) => residuals[i]! > tolerance * Math.max(values[i]!, LEAST_SHARE * largest);
    const converged = !values.subarray(0, nComponents).some((_, i) => isOpen(i));
    const open = found.rests.filter((_, i) => isOpen(i));
    block = converged || pass >= maxPasses ? [] : orthonormalised(open, space.vectors);
    if (block.length > 0) {
      space = restarted(space, found);
      continue;
    }
    const scale = rows / Math.max(1, rows - 1) / unit ** 2;
    return {
      mean: mean.map((value) => value / unit),
      components: packed(found.vectors.slice(0, nComponents)),
      variances: values.slice(0, nComponents).map((value) => Math.max(0, value) * scale),
      totalVariance: variance * scale,
      residual: residuals.subarray(0, nComponents).reduce((a, b) => Math.max(a, b), 0) / largest,
      converged,
      iterations: pass,
    };
  }
}

/** Orthonormal directions, their products with C, and the inner products of the two: `matrix[i][j]` is v_i C v_j. */
interface Subspace {
  readonly vectors: readonly Float64Array[];
  readonly products: readonly Float64Array[];
  readonly matrix: readonly Float64Array[];
}

/** What a subspace knows of the largest eigenvalues: the first rows of its coefficients, by descending value. */
interface Ritz {
  readonly values: Float64Array;
  /** By vector, in terms of the directions of the subspace. */
  readonly coefficients: readonly Float64Array[];
  readonly vectors: readonly Float64Array[];
  readonly products: readonly Float64Array[];
  /** C v - value v, and their lengths. */
  readonly rests: readonly Float64Array[];
  readonly residuals: Float64Array;
}

function randomDirections(random: Rng, count: number, cols: number): Float64Array[] {
  const drawn = Array.from({ length: count }, () => new Float64Array(cols).map(() => random.normal()));
  return orthonormalised(drawn, []);
}

function extended(
  { vectors, products, matrix }: Subspace,
  block: Float64Array[],
  more: Float64Array[],
): Subspace {
  const all = [...vectors, ...block];
  const before = vectors.length;
  // Columns of the new directions; float32 leaves them a little unsymmetric.
  const columns = more.map((product) => productsWith(all, product));
  const entry = (i: number, j: number) => {
    if (i < before) return j < before ? matrix[i]![j]! : columns[j - before]![i]!;
    if (j < before) return columns[i - before]![j]!;
    return (columns[i - before]![j]! + columns[j - before]![i]!) / 2;
  };
  return {
    vectors: all,
    products: [...products, ...more],
    matrix: all.map((_, i) => Float64Array.from(all, (_, j) => entry(i, j))),
  };
}

/** Of the small matrix eigenvectors are found as well as can be. */
const RITZ_TOLERANCE = 1e-13;

function ritz({ vectors, products, matrix }: Subspace, count: number): Ritz {
  const n = vectors.length;
  const multiply = (v: Float64Array) => productsWith(matrix, v);
  const how = { rng: rng(0).split("ritz"), tolerance: RITZ_TOLERANCE };
  const { values, vectors: found } = largestEigen(multiply, n, Math.min(count, n), how);
  const coefficients = Array.from(values, (_, i) => found.subarray(i * n, (i + 1) * n));
  const own = combinations(vectors, coefficients);
  const ownProducts = combinations(products, coefficients);
  const rests = ownProducts.map((product, i) => product.map((value, k) => value - values[i]! * own[i]![k]!));
  return {
    values,
    coefficients,
    vectors: own,
    products: ownProducts,
    rests,
    residuals: Float64Array.from(rests, (rest) => Math.sqrt(productsWith([rest], rest)[0]!)),
  };
}

/** The vectors that were found, and how they changed: what the first directions of the subspace, which they were before, have beside them. */
function restarted({ vectors, products, matrix }: Subspace, { coefficients, ...found }: Ritz): Subspace {
  const n = vectors.length;
  const before = coefficients.map((_, i) => new Float64Array(n).fill(1, i, i + 1));
  const changes = n > coefficients.length ? orthonormalised(before, coefficients) : [];
  const kept = [...coefficients, ...changes];
  const times = kept.map((own) => productsWith(matrix, own));
  return {
    vectors: [...found.vectors, ...combinations(vectors, changes)],
    products: [...found.products, ...combinations(products, changes)],
    matrix: times.map((own) => productsWith(kept, own)),
  };
}

/** Bytes of sums that wait for their turn to be added. */
const WAITING = 2 ** 27;

/** A task of fewer rows takes longer to hand over its sums than to make them. */
const TASK_ROWS = 1024;

/** Mean of placed rows, the sum of the variances of all columns, and C v for each of some vectors: one pass. The same bits on any number of threads. */
async function covarianceTimes(
  placed: PlacedRows,
  vectors: readonly Float64Array[],
  options: PcaOptions,
): Promise<{ mean: Float64Array; variance: number; products: Float64Array[] }> {
  const { rows, cols, centre } = placed;
  const { engine, signal, onProgress } = options;
  const shared = sharedFloat32(vectors.length * cols);
  vectors.forEach((own, i) => {
    shared.set(own, i * cols);
  });
  const setup: CovarianceTimesSetup = { rows: placed, vectors: shared };
  const waiting = Math.floor(WAITING / (8 * shared.length));
  const tasks = Math.max(2, Math.min(16, waiting, Math.floor(rows / TASK_ROWS)));
  const { results } = await runBlocks<readonly [number, number], ProductSums, null>({
    engine,
    ...(signal && { signal }),
    ...(onProgress && { onProgress }),
    kernel: kernelUrl("./covariance-times.kernel.js", import.meta.url),
    setup,
    tasks: ranges(rows, Math.ceil(rows / tasks)),
    stage: "fitting",
  });
  const mean = new Float64Array(cols);
  const products = vectors.map(() => new Float64Array(cols));
  let variance = 0;
  for (const part of results) {
    variance += part.sums.square / rows;
    for (let k = 0; k < cols; k++) mean[k]! += part.sums.values[k]! / rows;
    for (const [i, own] of products.entries())
      for (let k = 0, at = i * cols; k < cols; k++, at++) own[k]! += part.products[at]! / rows;
  }
  for (const value of mean) variance -= value * value;
  if (!Number.isFinite(variance) || !products.every((own) => own.every(Number.isFinite))) {
    throw new IsometerError("bad-value", "the values lie too far apart for PCA: their squares leave float32");
  }
  const along = productsWith(vectors, mean);
  for (const [i, own] of products.entries()) for (let k = 0; k < cols; k++) own[k]! -= mean[k]! * along[i]!;
  return { mean: mean.map((value, k) => value + centre[k]!), variance: Math.max(0, variance), products };
}

/** Progress of one pass as a part of all that there may be. */
function progressOf(
  { onProgress }: PcaOptions,
  pass: number,
  maxPasses: number,
): Pick<PcaOptions, "onProgress"> {
  if (!onProgress) return {};
  return {
    onProgress: ({ stage, done, total }) =>
      onProgress({ stage, done: (pass - 1) * total + done, total: maxPasses * total }),
  };
}

function packed(vectors: readonly Float64Array[]): Float32Array {
  const out = new Float32Array(vectors.length * vectors[0]!.length);
  vectors.forEach((own, i) => {
    out.set(own, i * own.length);
  });
  return out;
}
