import {
  type Points,
  permutation,
  pointRows,
  type Rng,
  sharedFloat32,
  sharedFloat64,
} from "../base/index.ts";
import { type KernelTools, openPlaces } from "../engine/index.ts";
import { gemm, input, toOnnx } from "../graph/index.ts";
import { toUnitRows } from "../linalg/index.ts";

/** Rows in a random order, around their mean, on shared memory: pairs are (a, a + s), s = 1, 2 ..., around the end. */
export interface PairRows {
  /** n x cols. */
  readonly rows: Float32Array;
  /** Squared lengths of the rows, n. */
  readonly squares: Float64Array;
  readonly cols: number;
  /** The number of each row. */
  readonly order: Int32Array;
}

/** Puts rows into a random order. One copy of them. */
export function drawPairRows(
  points: Points,
  centre: Float64Array,
  { unitRows, random }: { readonly unitRows: boolean; readonly random: Rng },
): PairRows {
  const { rows: n, cols } = points;
  const order = permutation(random, n);
  const { values, place } = openPlaces(pointRows(points));
  const rows = sharedFloat32(n * cols);
  const squares = sharedFloat64(n);
  order.forEach((row, i) => {
    const own = values.slice(place(row), place(row) + cols);
    if (unitRows) toUnitRows(own, cols);
    for (let a = 0; a < cols; a++) {
      const value = Math.fround(own[a]! - centre[a]!);
      rows[i * cols + a] = value;
      squares[i]! += value * value;
    }
  });
  return { rows, squares, cols, order };
}

/** Rows that share a product. */
export const PAIR_ROWS = 128;

/** The lengths of some pairs: of place a, counted from the first, and of step s, counted from the first step, at `a steps + s`. */
export type LengthsOf = (first: number, rows: number, from: number, steps: number) => Promise<Float32Array>;

/** Measures pairs of up to `PAIR_ROWS` places and so many steps at a time, by products in float32. */
export async function openLengths(
  { rows: all, squares, cols }: PairRows,
  mostSteps: number,
  tools: KernelTools,
): Promise<LengthsOf> {
  const n = squares.length;
  const product = gemm(input("a", ["m", cols]), input("b", ["k", cols]), { transB: true });
  const session = await tools.session(toOnnx({ outputs: { product } }));
  const own = new Float32Array(PAIR_ROWS * cols);
  const others = new Float32Array((PAIR_ROWS + mostSteps) * cols);
  const allProducts = new Float32Array(PAIR_ROWS * (PAIR_ROWS + mostSteps));
  const allLengths = new Float32Array(PAIR_ROWS * mostSteps);
  /** Consecutive rows, around the end as often as it takes. */
  const fill = (first: number, count: number, out: Float32Array) => {
    for (let done = 0; done < count; ) {
      const at = (first + done) % n;
      const part = Math.min(count - done, n - at);
      out.set(all.subarray(at * cols, (at + part) * cols), done * cols);
      done += part;
    }
  };
  return async (first, rows, from, steps) => {
    const wide = rows + steps - 1;
    fill(first, rows, own);
    fill(first + from, wide, others);
    const products = allProducts.subarray(0, rows * wide);
    await session.run(
      {
        a: { data: own.subarray(0, rows * cols), dims: [rows, cols] },
        b: { data: others.subarray(0, wide * cols), dims: [wide, cols] },
      },
      { product: { data: products, dims: [rows, wide] } },
    );
    const lengths = allLengths.subarray(0, rows * steps);
    for (let r = 0; r < rows; r++) {
      const square = squares[first + r]!;
      for (
        let s = 0, at = r * wide + r, to = r * steps, other = (first + r + from) % n;
        s < steps;
        s++, at++, to++
      ) {
        const rest = square + squares[other]! - 2 * products[at]!;
        lengths[to] = rest > 0 ? Math.sqrt(rest) : 0;
        if (++other === n) other = 0;
      }
    }
    return lengths;
  };
}
