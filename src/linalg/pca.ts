import {
  checkInteger,
  IsometerError,
  type Matrix,
  type Points,
  pointRows,
  ranges,
  rng,
  sharedFloat32,
  type Watch,
} from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import { largestEigen } from "./lanczos.ts";
import { covarianceOf } from "./moments.ts";
import { placeRows } from "./placed-rows.ts";
import type { ProjectSetup } from "./project.kernel.ts";

/** More dimensions than this have a covariance matrix that is too large to hold. */
export const PCA_COLS = 2048;

/** The principal components of a set of rows. */
export interface PrincipalComponents {
  /** Mean of the rows, D. */
  readonly mean: Float64Array;
  /** `d x D`, orthonormal rows, by descending variance. */
  readonly components: Float32Array;
  /** Variance along each component (divisor n - 1), and of all D dimensions together. */
  readonly variances: Float64Array;
  readonly totalVariance: number;
  /** Largest |C v - variance v|, relative to the largest variance. */
  readonly residual: number;
  readonly converged: boolean;
  readonly iterations: number;
}

/** With the covariance that they are of. */
export interface Pca extends PrincipalComponents {
  /** `D x D`, of the rows as they went in (divisor n). */
  readonly covariance: Float64Array;
}

export interface PcaOptions extends Watch {
  readonly engine: EngineInfo;
  /** Default 0. */
  readonly seed?: number;
  /** Scale every row to length 1 first; a row of zeros stays. Default false. */
  readonly unitRows?: boolean;
}

/**
 * Principal component analysis: the d orthonormal directions of largest variance (Jolliffe 2002). Not whitened.
 *
 * Second moments come from float32 products of 512 rows, added in float64 around a centre; eigenvectors from Lanczos.
 * Cost n D^2 multiplications, O(D^2) memory beyond the data.
 *
 * @param points n x D, D <= 2048
 * @throws bad-option d outside [1, D]; bad-value D > 2048, or squares that leave float32
 */
export async function pca(points: Points, nComponents: number, options: PcaOptions): Promise<Pca> {
  const { rows, cols } = points;
  checkInteger("nComponents", nComponents, 1, cols);
  if (cols > PCA_COLS) {
    throw new IsometerError(
      "bad-value",
      `exact PCA holds a covariance matrix: at most ${PCA_COLS} dimensions, got ${cols}`,
    );
  }
  const { unitRows = false } = options;
  const { placed, unit } = placeRows(points, unitRows);
  const { mean, covariance } = await covarianceOf(placed, { ...options, stage: "fitting" });
  const squares = unit * unit;
  let totalVariance = 0;
  for (let k = 0; k < cols; k++) totalVariance += covariance[k * cols + k]!;
  if (!Number.isFinite(totalVariance)) {
    throw new IsometerError("bad-value", "the values lie too far apart for PCA: their squares leave float32");
  }
  const multiply = (v: Float64Array) => symmetricProduct(covariance, v);
  const found = largestEigen(multiply, cols, nComponents, { rng: rng(options.seed ?? 0).split("pca") });
  const largest = Math.max(found.values[0]!, Number.MIN_VALUE);
  return {
    mean: mean.map((value) => value / unit),
    components: Float32Array.from(found.vectors),
    variances: found.values.map((value) => (Math.max(0, value) * rows) / Math.max(1, rows - 1) / squares),
    totalVariance: (totalVariance * rows) / Math.max(1, rows - 1) / squares,
    covariance: covariance.map((value) => value / squares),
    residual: found.residuals.reduce((most, r) => Math.max(most, r), 0) / largest,
    converged: found.converged,
    iterations: found.iterations,
  };
}

/** The rows along the components: `n x d`, on shared memory. */
export async function project(
  points: Points,
  map: Pick<PrincipalComponents, "mean" | "components">,
  { engine, unitRows = false, ...watch }: PcaOptions,
): Promise<Matrix> {
  const { rows, cols } = points;
  const to = map.components.length / cols;
  const out = sharedFloat32(rows * to);
  const setup: ProjectSetup = {
    ...pointRows(points),
    unitRows,
    centre: map.mean,
    components: map.components,
    out,
  };
  await runBlocks({
    ...watch,
    engine,
    kernel: kernelUrl("./project.kernel.js", import.meta.url),
    setup,
    tasks: ranges(rows, Math.max(1024, Math.ceil(rows / 64))),
    stage: "fitting",
  });
  return { data: out, rows, cols: to };
}

function symmetricProduct(a: Float64Array, v: Float64Array): Float64Array {
  const n = v.length;
  return new Float64Array(n).map((_, i) => {
    let s0 = 0;
    let s1 = 0;
    let k = i * n;
    const end = k + n - 1;
    let j = 0;
    for (; k < end; k += 2, j += 2) {
      s0 += a[k]! * v[j]!;
      s1 += a[k + 1]! * v[j + 1]!;
    }
    return k === end ? s0 + s1 + a[k]! * v[j]! : s0 + s1;
  });
}
