import type { Kernel, KernelTools } from "../engine/index.ts";
import { gemm, input, slice, toOnnx } from "../graph/index.ts";
import { noSums, openPlaced, type PlacedRows, type Sums } from "./placed-rows.ts";

/** Set-up of sums of products: of rows with themselves, or with those of another set. */
export interface MomentsSetup {
  readonly left: PlacedRows;
  /** Null: the rows with themselves. */
  readonly right: PlacedRows | null;
  /** By product: row of `right` that row r of `left` meets, n; null: row r. */
  readonly orders: readonly (Int32Array | null)[];
}

/** What some rows add; of `right` and of the products by order. */
export interface Moments {
  readonly left: Sums;
  readonly right: readonly Sums[];
  /** `left.cols x right.cols`: sums of products. */
  readonly products: readonly Float64Array[];
}

/** Rows in one product: float32 sums of as many, float64 sums of those. */
const BLOCK = 512;

/** A task is a range of rows; its result their sums, added in order. */
export async function open(
  { left, right, orders }: MomentsSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], Moments, null>> {
  const dims = [left.cols, (right ?? left).cols];
  const strips = right ? [{ from: 0, to: dims[0]! }] : stripsOf(dims[0]!);
  const session = await tools.session(productModel(left.cols, right?.cols ?? null, strips));
  const leftBlock = new Float32Array(BLOCK * dims[0]!);
  const rightBlock = right ? new Float32Array(BLOCK * dims[1]!) : leftBlock;
  const parts = Object.fromEntries(
    strips.map(({ from, to }, s) => {
      const width = right ? dims[1]! : dims[0]! - from;
      return [`products${s}`, { data: new Float32Array((to - from) * width), dims: [to - from, width] }];
    }),
  );
  const placeLeft = openPlaced(left);
  const placeRight = openPlaced(right ?? left);
  const feed = (block: Float32Array, cols: number, count: number) => ({
    data: block.subarray(0, count * cols),
    dims: [count, cols],
  });
  return {
    async run([start, end]) {
      const ofLeft = noSums(dims[0]!);
      const ofRight = right ? orders.map(() => noSums(dims[1]!)) : [ofLeft];
      const products = orders.map(() => new Float64Array(dims[0]! * dims[1]!));
      for (let from = start; from < end; from += BLOCK) {
        const count = Math.min(BLOCK, end - from);
        placeLeft(from, count, null, leftBlock, ofLeft);
        const feeds = { left: feed(leftBlock, dims[0]!, count) };
        for (const [o, order] of orders.entries()) {
          if (right) placeRight(from, count, order, rightBlock, ofRight[o]!);
          const both = right ? { ...feeds, right: feed(rightBlock, dims[1]!, count) } : feeds;
          await session.run(both, parts);
          for (const [s, { from }] of strips.entries()) {
            addStrip(parts[`products${s}`]!, from, right ? 0 : from, products[o]!, dims[1]!);
          }
        }
      }
      if (!right) for (const own of products) mirror(own, dims[0]!);
      return { left: ofLeft, right: ofRight, products };
    },
    finish: () => null,
  };
}

/** Columns whose products with themselves and those behind them are one product. */
interface Strip {
  readonly from: number;
  readonly to: number;
}

/** Fewer columns than this are one strip. */
const STRIP = 128;

/** Four strips: products of rows with themselves are symmetric, and so most of one half is not computed. */
function stripsOf(cols: number): readonly Strip[] {
  const count = cols < 2 * STRIP ? 1 : 4;
  const width = Math.ceil(cols / count / 16) * 16;
  return Array.from({ length: Math.ceil(cols / width) }, (_, s) => ({
    from: s * width,
    to: Math.min(cols, (s + 1) * width),
  }));
}

function productModel(left: number, right: number | null, strips: readonly Strip[]): Uint8Array {
  const a = input("left", ["m", left]);
  const product = ({ from, to }: Strip) =>
    right === null
      ? gemm(slice(a, 1, from, to), slice(a, 1, from, left), { transA: true })
      : gemm(a, input("right", ["m", right]), { transA: true });
  return toOnnx({ outputs: Object.fromEntries(strips.map((strip, s) => [`products${s}`, product(strip)])) });
}

/** Adds the products of a strip of rows, from `col` on. */
function addStrip(
  { data, dims: [rows, width] }: { readonly data: Float32Array; readonly dims: readonly number[] },
  row: number,
  col: number,
  into: Float64Array,
  cols: number,
): void {
  for (let r = 0; r < rows!; r++) {
    const to = (row + r) * cols + col;
    const from = r * width!;
    for (let k = 0; k < width!; k++) into[to + k]! += data[from + k]!;
  }
}

/** The lower triangle from the upper one. */
function mirror(matrix: Float64Array, n: number): void {
  for (let i = 0; i < n; i++) for (let k = 0; k < i; k++) matrix[i * n + k] = matrix[k * n + i]!;
}
