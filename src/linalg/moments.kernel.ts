import type { PointRows } from "../base/index.ts";
import { type Kernel, type KernelTools, openRows } from "../engine/index.ts";
import { gemm, input, toOnnx } from "../graph/index.ts";

/** Rows as they go into sums: value = data x scale - centre. */
export interface PlacedRows extends PointRows {
  readonly rows: number;
  /** What values are multiplied by, all rows alike or each its own: it keeps products within float32. */
  readonly scale: number | Float64Array;
  /** Taken off every scaled row, `cols`: any point near the mean will do, it spares rounding. */
  readonly centre: Float64Array;
}

/** Set-up of sums of products: of rows with themselves, or with those of another set. */
export interface MomentsSetup {
  readonly left: PlacedRows;
  /** Null: the rows with themselves. */
  readonly right: PlacedRows | null;
  /** Row of `right` that row r of `left` meets, n; null: row r. */
  readonly order: Int32Array | null;
}

/** Sums over some rows, in scaled units. */
export interface Moments {
  readonly sums: { readonly left: Float64Array; readonly right: Float64Array };
  /** Sums of squared norms. */
  readonly squares: { readonly left: number; readonly right: number };
  /** `left.cols x right.cols`: sums of products. */
  readonly products: Float64Array;
}

/** Rows in one product: float32 sums of as many, float64 sums of those. */
const BLOCK = 512;

/** A task is a range of rows; its result their sums, added in order. */
export async function open(
  { left, right, order }: MomentsSetup,
  tools: KernelTools,
): Promise<Kernel<readonly [number, number], Moments, null>> {
  const dims = [left.cols, (right ?? left).cols];
  const a = input("left", ["m", left.cols]);
  const b = right ? input("right", ["m", right.cols]) : a;
  const session = await tools.session(toOnnx({ outputs: { products: gemm(a, b, { transA: true }) } }));
  const leftBlock = new Float32Array(BLOCK * dims[0]!);
  const rightBlock = right ? new Float32Array(BLOCK * dims[1]!) : leftBlock;
  const part = { data: new Float32Array(dims[0]! * dims[1]!), dims };
  const placeLeft = openPlaced(left);
  const placeRight = openPlaced(right ?? left);
  const feed = (block: Float32Array, cols: number, count: number) => ({
    data: block.subarray(0, count * cols),
    dims: [count, cols],
  });
  return {
    async run([start, end]) {
      const leftSums = new Float64Array(dims[0]!);
      const rightSums = right ? new Float64Array(dims[1]!) : leftSums;
      const products = new Float64Array(part.data.length);
      const squares = { left: 0, right: 0 };
      for (let from = start; from < end; from += BLOCK) {
        const count = Math.min(BLOCK, end - from);
        squares.left += placeLeft(from, count, null, leftBlock, leftSums);
        if (right) squares.right += placeRight(from, count, order, rightBlock, rightSums);
        const feeds = { left: feed(leftBlock, dims[0]!, count) };
        const both = right ? { ...feeds, right: feed(rightBlock, dims[1]!, count) } : feeds;
        await session.run(both, { products: part });
        for (let i = 0; i < products.length; i++) products[i]! += part.data[i]!;
      }
      if (!right) squares.right = squares.left;
      return { sums: { left: leftSums, right: rightSums }, squares, products };
    },
    finish: () => null,
  };
}

/**
 * A function that writes rows `[from, from + count)`, or those that `order` names there, into a block and adds them to the sums. Gives the sum of their
 * squared norms.
 */
function openPlaced(rows: PlacedRows) {
  const { cols, scale, centre } = rows;
  const reader = openRows(rows);
  return (
    from: number,
    count: number,
    order: Int32Array | null,
    block: Float32Array,
    sums: Float64Array,
  ): number => {
    if (!order) reader.copy(from, count, block, 0);
    let square = 0;
    for (let r = 0; r < count; r++) {
      const row = order ? order[from + r]! : from + r;
      if (order) reader.copy(row, 1, block, r * cols);
      const factor = typeof scale === "number" ? scale : scale[row]!;
      for (let k = 0, at = r * cols; k < cols; k++, at++) {
        const value = block[at]! * factor - centre[k]!;
        sums[k]! += value;
        square += value * value;
        block[at] = value;
      }
    }
    return square;
  };
}
