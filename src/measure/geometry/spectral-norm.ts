import { type EngineInfo, openSession, type Session } from "../../engine/index.ts";
import {
  type Expression,
  type Graph,
  input,
  matMul,
  neg,
  node,
  slice,
  toOnnx,
  transpose,
} from "../../graph/index.ts";

/** `count` matrices of `rows x cols`, one after the other. */
export interface Batch {
  readonly data: Float64Array;
  readonly count: number;
  readonly rows: number;
  readonly cols: number;
}

/** Multiplies matrices with themselves, in float64. */
export interface Multiplier {
  /** A A* of each matrix, or A* A where there are more rows than columns. Complex ones: see `largestSingularBound`. */
  gram(a: Batch, isComplex: boolean): Promise<Batch>;
  close(): Promise<void>;
}

export function openMultiplier(engine: EngineInfo): Multiplier {
  const sessions = new Map<string, Promise<Session>>();
  return {
    async gram(a, isComplex) {
      const key = `${a.rows} ${a.cols} ${isComplex}`;
      const session = sessions.get(key) ?? openSession(toOnnx(gramGraph(a, isComplex)), engine);
      sessions.set(key, session);
      const n = Math.min(a.rows, isComplex ? a.cols / 2 : a.cols);
      const c: Batch = {
        data: new Float64Array(a.count * n * (isComplex ? 2 * n : n)),
        count: a.count,
        rows: n,
        cols: isComplex ? 2 * n : n,
      };
      await (await session).run(
        { a: { data: a.data, dims: [a.count, a.rows, a.cols] } },
        { c: { data: c.data, dims: [c.count, c.rows, c.cols] } },
      );
      return c;
    },
    async close() {
      for (const session of sessions.values()) await (await session).close();
    },
  };
}

function gramGraph({ rows, cols }: Batch, isComplex: boolean): Graph {
  const a = input("a", ["n", rows, cols], "double");
  const turned = (e: Expression) => transpose(e, [0, 2, 1]);
  if (!isComplex) {
    const own = rows > cols ? turned(a) : a;
    return { outputs: { c: matMul(own, turned(own)) } };
  }
  // X and -Y of X + i Y; its adjoint is X' - i Y'.
  const parts = ([x, y]: readonly [Expression, Expression]) => node("Concat", [x, y], { axis: { int: 2 } });
  const given = [slice(a, 2, 0, cols / 2), slice(a, 2, cols / 2, cols)] as const;
  const [x, y] = rows > cols / 2 ? ([turned(given[0]), neg(turned(given[1]))] as const) : given;
  const whole = node("Concat", [parts([x, y]), parts([neg(y), x])], { axis: { int: 1 } });
  return { outputs: { c: matMul(parts([x, y]), turned(whole)) } };
}

/** Squarings at most: what a bound is then too large by is 1e-4, whatever the size. */
const SQUARINGS = 14;

/** Bound and what is proven to be reached are this near. */
const CLOSE = 1e-6;

/** One unit of rounding of float64, and a little more. */
const UNIT = 1.2e-16;

/** An upper bound, and a lower one that is as sure. */
export interface NormBounds {
  readonly bound: number;
  readonly reached: number;
}

/**
 * An upper bound of the largest singular value of any matrix of a batch, by Gram iteration (Delattre et al. 2023): with H = A A', |H^(2^t)|_F^(1 / 2^t) falls towards the largest eigenvalue
 * from above. Powers are scaled; what rounding may have taken is added. Matrices that cannot be the largest are left out on the way. Cost: a product of the smaller side per
 * squaring, some 2 min(rows, cols)^3.
 *
 * @param least what is reached elsewhere: it does not matter how far below the bound is
 * @param isComplex matrices X + i Y of as many rows and half the columns, given as X next to -Y
 */
export async function largestSingularBound(
  matrices: Batch,
  multiplier: Multiplier,
  { least = 0, isComplex = false }: { readonly least?: number; readonly isComplex?: boolean } = {},
): Promise<NormBounds> {
  // Of a complex matrix the first half of the rows of [X -Y; Y X] says all.
  const gram = await multiplier.gram(matrices, isComplex);
  // |A| |A|' is at most |A|_F^2. Of each matrix that is left: log of what its powers were divided by, per power; and the error of its entries, by Frobenius.
  let left = gram;
  let scales = new Float64Array(gram.count);
  let errors = Float64Array.from(
    { length: gram.count },
    (_, i) => Math.max(matrices.rows * 2, matrices.cols) * UNIT * frobenius(matrices, i) ** 2,
  );
  let best = Number.POSITIVE_INFINITY;
  let reached = Number.NEGATIVE_INFINITY;
  for (let t = 0; t <= SQUARINGS; t++) {
    const power = 2 ** t;
    const norms = Float64Array.from({ length: left.count }, (_, i) => frobenius(left, i));
    const upper = norms.map((norm, i) => scales[i]! + Math.log(norm + errors[i]!) / power);
    const lower = norms.map((norm, i) => scales[i]! + Math.log(reachedBy(left, i, norm, errors[i]!)) / power);
    const top = upper.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    reached = lower.reduce((most, value) => Math.max(most, value), reached);
    best = Math.min(best, top);
    const sure = Math.max(reached, 2 * Math.log(least));
    if (top === Number.NEGATIVE_INFINITY || top - sure < CLOSE || t === SQUARINGS) break;
    const kept = Array.from(upper.keys()).filter((i) => upper[i]! >= sure);
    const scaled = scaledDown(left, kept, norms);
    // |(H + E)^2 - H^2| <= 2 |H| |E| + |E|^2 with |H|_F = 1, and the rounding of the product.
    errors = Float64Array.from(kept, (i) => {
      const error = errors[i]! / norms[i]!;
      return 2 * error + error * error + scaled.cols * UNIT;
    });
    scales = Float64Array.from(kept, (i) => scales[i]! + Math.log(norms[i]!) / power);
    left = await multiplier.gram(scaled, isComplex);
  }
  // Logarithms and roots round as well.
  return { bound: Math.exp(best / 2) * (1 + 1e-12), reached: Math.exp(reached / 2) * (1 - 1e-12) };
}

function frobenius({ data, rows, cols }: Batch, i: number): number {
  let sum = 0;
  for (let k = i * rows * cols; k < (i + 1) * rows * cols; k++) sum += data[k]! ** 2;
  return Math.sqrt(sum);
}

/** What the largest eigenvalue of a positive matrix surely reaches: |H|_F^2 / tr H. */
function reachedBy({ data, rows, cols }: Batch, i: number, norm: number, error: number): number {
  let trace = 0;
  for (let k = 0; k < rows; k++) trace += data[i * rows * cols + k * cols + k]!;
  return Math.max(0, norm ** 2 / trace - error);
}

function scaledDown({ data, rows, cols }: Batch, kept: readonly number[], norms: Float64Array): Batch {
  const size = rows * cols;
  const out = new Float64Array(kept.length * size);
  kept.forEach((i, to) => {
    for (let k = 0; k < size; k++) out[to * size + k] = data[i * size + k]! / norms[i]!;
  });
  return { data: out, count: kept.length, rows, cols };
}
