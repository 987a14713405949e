import type { Rng } from "../base/index.ts";
import { type Eigen, tridiagonalEigen } from "./tridiagonal.ts";

/** The largest eigenvalues of a symmetric operator, and how good they are. */
export interface LargestEigen extends Eigen {
  /** |A v - value v| of each, as the iteration knows it. */
  readonly residuals: Float64Array;
  /** Whether every residual is within `tolerance` of the largest eigenvalue. */
  readonly converged: boolean;
  /** Products with the operator. */
  readonly iterations: number;
}

export interface LanczosOptions {
  readonly rng: Rng;
  /** Relative to the largest eigenvalue. Default 1e-8. */
  readonly tolerance?: number;
  /** Products with the operator in one run. Default: as many as there are dimensions. */
  readonly maxIterations?: number;
}

/** Steps between looks at convergence. */
const LOOK = 8;

/**
 * The `count` largest eigenvalues of a symmetric operator on R^n: Lanczos with full reorthogonalisation (Golub & Van Loan, section 10.1).
 *
 * One run sees a multiple eigenvalue once, and may miss one among many that are close. So runs go on in the complement of what was found,
 * until one of them brings nothing larger than the smallest that was kept. Cost: O(n j^2 + j^3) for j products, and the products.
 *
 * @param multiply A v
 */
export function largestEigen(
  multiply: (v: Float64Array) => Float64Array,
  n: number,
  count: number,
  options: LanczosOptions,
): LargestEigen {
  const { rng, tolerance = 1e-8, maxIterations = n } = options;
  const found: Pair[] = [];
  let iterations = 0;
  let converged = true;
  while (found.length < n) {
    const wanted = found.length === 0 ? count : 1;
    const kept = found.length >= count ? found[count - 1]!.value : Number.NEGATIVE_INFINITY;
    const space = { multiply, n, locked: found.map(({ vector }) => vector) };
    const run = lanczos(space, wanted, { rng, tolerance, maxIterations, enough: kept });
    iterations += run.iterations;
    converged &&= run.converged;
    const larger = run.pairs.filter(({ value }) => value > kept + tolerance * Math.abs(found[0]?.value ?? 0));
    found.push(...larger);
    found.sort((a, b) => b.value - a.value);
    if (larger.length === 0 || !run.converged) break;
  }
  const best = found.slice(0, count);
  const vectors = new Float64Array(best.length * n);
  best.forEach(({ vector }, i) => {
    vectors.set(vector, i * n);
  });
  return {
    values: Float64Array.from(best, ({ value }) => value),
    vectors,
    residuals: Float64Array.from(best, ({ residual }) => residual),
    converged: converged && best.length === Math.min(count, n),
    iterations,
  };
}

interface Pair {
  readonly value: number;
  readonly vector: Float64Array;
  readonly residual: number;
}

/** An operator on the complement of some vectors. */
interface Operator {
  readonly multiply: (v: Float64Array) => Float64Array;
  readonly n: number;
  readonly locked: readonly Float64Array[];
}

/** How a run goes, and the value that is worth knowing: once the largest is surely below it, the run is over. */
interface RunOptions extends Required<LanczosOptions> {
  readonly enough: number;
}

function lanczos(
  { multiply, n, locked }: Operator,
  count: number,
  { rng, tolerance, maxIterations, enough }: RunOptions,
): { pairs: Pair[]; converged: boolean; iterations: number } {
  const basis: Float64Array[] = [];
  const alphas: number[] = [];
  const betas: number[] = [];
  const room = n - locked.length;
  const most = Math.min(room, maxIterations);
  let next = start(n, locked, rng);
  for (;;) {
    basis.push(next);
    const w = multiply(next);
    alphas.push(dot(w, next));
    // Together: what the basis has of the locked vectors would grow by alpha / beta at every step.
    orthogonalise(w, [...locked, ...basis]);
    let beta = Math.sqrt(dot(w, w));
    const size = Math.max(...alphas.map(Math.abs), ...betas, Number.MIN_VALUE);
    if (beta <= Number.EPSILON * size * n) beta = 0;
    const done = basis.length >= most;
    if (done || (basis.length >= count && basis.length % LOOK === 0)) {
      const j = basis.length;
      const { values, vectors: lasts } = tridiagonalEigen(alphas, betas, "last");
      const residuals = lasts.map((last) => Math.abs(beta * last)).subarray(0, Math.min(count, j));
      const converged = residuals.every((residual) => residual <= tolerance * Math.abs(values[0]!));
      if (values[0]! + residuals[0]! < enough) return { pairs: [], converged: true, iterations: j };
      if (converged || done) {
        const { vectors } = tridiagonalEigen(alphas, betas);
        const pairs = Array.from(residuals, (residual, i) => ({
          value: values[i]!,
          vector: combine(basis, vectors.subarray(i * j, (i + 1) * j)),
          residual,
        }));
        return { pairs, converged: converged || j === room, iterations: j };
      }
    }
    betas.push(beta);
    // An invariant subspace: go on from anywhere else.
    next = beta === 0 ? start(n, [...locked, ...basis], rng) : w.map((v) => v / beta);
  }
}

/** A random direction orthogonal to some others. */
function start(n: number, others: readonly Float64Array[], rng: Rng): Float64Array {
  const v = new Float64Array(n).map(() => rng.normal());
  orthogonalise(v, others);
  const length = Math.sqrt(dot(v, v));
  return v.map((value) => value / length);
}

/** Takes the parts along `basis` off w, twice: once leaves rounding behind. */
function orthogonalise(w: Float64Array, basis: readonly Float64Array[]): void {
  for (let pass = 0; pass < 2; pass++) {
    for (const b of basis) {
      const part = dot(w, b);
      for (let k = 0; k < w.length; k++) w[k]! -= part * b[k]!;
    }
  }
}

function combine(basis: readonly Float64Array[], weights: ArrayLike<number>): Float64Array {
  const sum = new Float64Array(basis[0]!.length);
  basis.forEach((b, i) => {
    for (let k = 0; k < sum.length; k++) sum[k]! += weights[i]! * b[k]!;
  });
  const length = Math.sqrt(dot(sum, sum));
  return sum.map((v) => v / length);
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let k = 0; k < a.length; k++) sum += a[k]! * b[k]!;
  return sum;
}
