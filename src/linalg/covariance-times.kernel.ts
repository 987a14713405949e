import type { Kernel, KernelTools } from "../engine/index.ts";
import { gemm, input, toOnnx } from "../graph/index.ts";
import { noSums, openPlaced, type PlacedRows, type Sums } from "./placed-rows.ts";

/** Set-up of products of X'X with some vectors, X being placed rows. */
export interface CovarianceTimesSetup {
  readonly rows: PlacedRows;
  /** `count x cols`, on shared memory. */
  readonly vectors: Float32Array;
}

/** What some rows add. */
export interface ProductSums {
  readonly sums: Sums;
  /** `count x cols` */
  readonly products: Float64Array;
}

/** Rows in one product at most, and values of them: float32 sums of as many, float64 sums of those. */
const MOST_ROWS = 512;
const MOST_VALUES = 2 ** 23;

/** A task is a range of rows; its result their sums, added in order. */
export async function open(
  { rows, vectors }: CovarianceTimesSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], ProductSums, null>> {
  const { cols } = rows;
  const count = vectors.length / cols;
  const most = Math.max(64, Math.min(MOST_ROWS, Math.floor(MOST_VALUES / cols)));
  const session = await tools.session(model(cols));
  const place = openPlaced(rows);
  const block = new Float32Array(most * cols);
  const basis = { data: vectors.slice(), dims: [count, cols] };
  const part = { data: new Float32Array(count * cols), dims: [count, cols] };
  return {
    async run([start, end]) {
      const sums = noSums(cols);
      const products = new Float64Array(count * cols);
      for (let from = start; from < end; from += most) {
        const own = Math.min(most, end - from);
        place(from, own, null, block, sums);
        const x = { data: block.subarray(0, own * cols), dims: [own, cols] };
        await session.run({ x, basis }, { products: part });
        addTo(products, part.data);
      }
      return { sums, products };
    },
    finish: () => null,
  };
}

function addTo(sums: Float64Array, more: Float32Array): void {
  for (let p = 0; p < sums.length; p++) sums[p]! += more[p]!;
}

function model(cols: number): Uint8Array {
  const x = input("x", ["m", cols]);
  const codes = gemm(x, input("basis", ["l", cols]), { transB: true });
  return toOnnx({ outputs: { products: gemm(codes, x, { transA: true }) } });
}
