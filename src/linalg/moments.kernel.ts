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
  /** By product: row of `right` that row r of `left` meets, n; null: row r. */
  readonly orders: readonly (Int32Array | null)[];
}

/** Sums over some rows, in scaled units. */
export interface Sums {
  readonly values: Float64Array;
  /** Of squared norms. */
  square: number;
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
      const ofLeft = noSums(dims[0]!);
      const ofRight = right ? orders.map(() => noSums(dims[1]!)) : [ofLeft];
      const products = orders.map(() => new Float64Array(part.data.length));
      for (let from = start; from < end; from += BLOCK) {
        const count = Math.min(BLOCK, end - from);
        placeLeft(from, count, null, leftBlock, ofLeft);
        const feeds = { left: feed(leftBlock, dims[0]!, count) };
        for (const [o, order] of orders.entries()) {
          if (right) placeRight(from, count, order, rightBlock, ofRight[o]!);
          const both = right ? { ...feeds, right: feed(rightBlock, dims[1]!, count) } : feeds;
          await session.run(both, { products: part });
          const into = products[o]!;
          for (let i = 0; i < into.length; i++) into[i]! += part.data[i]!;
        }
      }
      return { left: ofLeft, right: ofRight, products };
    },
    finish: () => null,
  };
}

const noSums = (cols: number): Sums => ({ values: new Float64Array(cols), square: 0 });

/** A function that writes rows `[from, from + count)`, or those that `order` names there, into a block and adds them to the sums. */
function openPlaced(rows: PlacedRows) {
  const { cols, scale, centre } = rows;
  const reader = openRows(rows);
  return (from: number, count: number, order: Int32Array | null, block: Float32Array, sums: Sums): void => {
    const { values } = sums;
    if (!order) reader.copy(from, count, block, 0);
    let square = 0;
    for (let r = 0; r < count; r++) {
      const row = order ? order[from + r]! : from + r;
      if (order) reader.copy(row, 1, block, r * cols);
      const factor = typeof scale === "number" ? scale : scale[row]!;
      for (let k = 0, at = r * cols; k < cols; k++, at++) {
        const value = block[at]! * factor - centre[k]!;
        values[k]! += value;
        square += value * value;
        block[at] = value;
      }
    }
    sums.square += square;
  };
}
