import { type EngineInfo, openSession } from "../../engine/index.ts";
import { input, matMul, toOnnx } from "../../graph/index.ts";

/** `count` matrices of `rows x cols`, one after the other. */
export interface Batch {
  readonly data: Float64Array;
  readonly count: number;
  readonly rows: number;
  readonly cols: number;
}

/** Multiplies batches of matrices in float64. */
export interface Multiplier {
  /** A B of each pair. */
  product(a: Batch, b: Batch): Promise<Batch>;
  close(): Promise<void>;
}

export async function openMultiplier(engine: EngineInfo): Promise<Multiplier> {
  const a = input("a", ["n", "m", "k"], "double");
  const b = input("b", ["n", "k", "l"], "double");
  const session = await openSession(toOnnx({ outputs: { c: matMul(a, b) } }), engine);
  const tensor = ({ data, count, rows, cols }: Batch) => ({ data, dims: [count, rows, cols] });
  return {
    async product(left, right) {
      const c: Batch = {
        data: new Float64Array(left.count * left.rows * right.cols),
        count: left.count,
        rows: left.rows,
        cols: right.cols,
      };
      await session.run({ a: tensor(left), b: tensor(right) }, { c: tensor(c) });
      return c;
    },
    close: () => session.close(),
  };
}

/** Squarings at most: what a bound is then too large by is 1e-4, whatever the size. */
const SQUARINGS = 14;

/** Bound and what is proven to be reached are this near. */
const CLOSE = 1e-6;

/** One unit of rounding of float64, and a little more. */
const UNIT = 1.2e-16;

/**
 * An upper bound of the largest singular value of any matrix of a batch, by Gram iteration (Delattre et al. 2023): with H = A A', |H^(2^t)|_F^(1 / 2^t) falls towards the largest eigenvalue
 * from above. Powers are scaled; what rounding may have taken is added. Matrices that cannot be the largest are left out on the way. Cost: a product of the smaller side per
 * squaring, some 2 min(rows, cols)^3.
 */
export async function largestSingularBound(matrices: Batch, multiplier: Multiplier): Promise<number> {
  const wide = matrices.rows <= matrices.cols;
  const turned = transposed(matrices);
  const gram = await (wide ? multiplier.product(matrices, turned) : multiplier.product(turned, matrices));
  const n = gram.rows;
  const inner = wide ? matrices.cols : matrices.rows;
  // |A| |A|' is at most |A|_F^2. Of each matrix that is left: log of what its powers were divided by, per power; and the error of its entries, by Frobenius.
  let left = gram;
  let scales = new Float64Array(gram.count);
  let errors = Float64Array.from(
    { length: gram.count },
    (_, i) => inner * UNIT * frobenius(matrices, i) ** 2,
  );
  let best = Number.POSITIVE_INFINITY;
  for (let t = 0; t <= SQUARINGS; t++) {
    const power = 2 ** t;
    const norms = Float64Array.from({ length: left.count }, (_, i) => frobenius(left, i));
    const upper = norms.map((norm, i) => scales[i]! + Math.log(norm + errors[i]!) / power);
    const lower = norms.map((norm, i) => scales[i]! + Math.log(reached(left, i, norm, errors[i]!)) / power);
    const top = upper.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    const sure = lower.reduce((most, value) => Math.max(most, value), Number.NEGATIVE_INFINITY);
    best = Math.min(best, top);
    if (top === Number.NEGATIVE_INFINITY || top - sure < CLOSE || t === SQUARINGS) break;
    const kept = Array.from(upper.keys()).filter((i) => upper[i]! >= sure);
    const scaled = scaledDown(left, kept, norms);
    // |(H + E)^2 - H^2| <= 2 |H| |E| + |E|^2 with |H|_F = 1, and the rounding of the product.
    errors = Float64Array.from(kept, (i) => {
      const own = errors[i]! / norms[i]!;
      return 2 * own + own * own + n * UNIT;
    });
    scales = Float64Array.from(kept, (i) => scales[i]! + Math.log(norms[i]!) / power);
    left = await multiplier.product(scaled, scaled);
  }
  // Logarithms and roots round as well.
  return Math.exp(best / 2) * (1 + 1e-12);
}

function frobenius({ data, rows, cols }: Batch, i: number): number {
  let sum = 0;
  for (let k = i * rows * cols; k < (i + 1) * rows * cols; k++) sum += data[k]! ** 2;
  return Math.sqrt(sum);
}

/** What the largest eigenvalue of a positive matrix surely reaches: |H|_F^2 / tr H. */
function reached({ data, rows }: Batch, i: number, norm: number, error: number): number {
  let trace = 0;
  for (let k = 0; k < rows; k++) trace += data[i * rows * rows + k * rows + k]!;
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

function transposed({ data, count, rows, cols }: Batch): Batch {
  const out = new Float64Array(data.length);
  for (let i = 0; i < count; i++) {
    const start = i * rows * cols;
    for (let r = 0; r < rows; r++) {
      for (let c = 0; c < cols; c++) out[start + c * rows + r] = data[start + r * cols + c]!;
    }
  }
  return { data: out, count, rows: cols, cols: rows };
}
