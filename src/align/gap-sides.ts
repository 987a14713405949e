import { gatherRows, type Matrix, type RowRange, rowsOf } from "../base/index.ts";
import { constant, sub } from "../graph/index.ts";
import { type Algebra, type Dense, shiftTo, unitRowsOf } from "../linalg/index.ts";
import { type AlignMap, linearMap } from "./map.ts";

/** What is done to the rows of one side: u((u(x) - mean) turn), u scaling to length 1. */
export interface SideMap {
  /** null: rows stay as they are, but for their length. */
  readonly mean: Float64Array | null;
  /** d x d; null: none. */
  readonly turn: Dense | null;
}

/** What is done to both. */
export interface SideMaps {
  readonly from: SideMap;
  readonly to: SideMap;
}

const AS_IT_IS: SideMap = { mean: null, turn: null };
export const AS_THEY_ARE: SideMaps = { from: AS_IT_IS, to: AS_IT_IS };

/** Some rows in float64, scaled to length 1. */
export function unitDense(from: Matrix, rows: Int32Array | RowRange): Dense {
  const own = "start" in rows ? rowsOf(from, rows) : gatherRows(from, rows);
  return unitised({ data: Float64Array.from(own.data), rows: own.rows, cols: own.cols });
}

/** Rows scaled to length 1, in place; rows of zeros stay. */
function unitised(rows: Dense): Dense {
  const { data, cols } = rows;
  for (let from = 0; from < data.length; from += cols) {
    let square = 0;
    for (let p = from; p < from + cols; p++) square += data[p]! ** 2;
    const scale = square > 0 ? 1 / Math.sqrt(square) : 0;
    for (let p = from; p < from + cols; p++) data[p]! *= scale;
  }
  return rows;
}

/** Rows less their mean. */
export function centredDense({ data, rows, cols }: Dense): {
  readonly rows: Dense;
  readonly mean: Float64Array;
} {
  const mean = new Float64Array(cols);
  for (let i = 0, at = 0; i < rows; i++) for (let k = 0; k < cols; k++, at++) mean[k]! += data[at]! / rows;
  return { rows: less({ data, rows, cols }, mean), mean };
}

function less({ data, rows, cols }: Dense, mean: Float64Array): Dense {
  const out = new Float64Array(data.length);
  for (let i = 0, at = 0; i < rows; i++) for (let k = 0; k < cols; k++, at++) out[at] = data[at]! - mean[k]!;
  return { data: out, rows, cols };
}

/** Rows of length 1 through the map of their side. */
export async function mapSide(rows: Dense, { mean, turn }: SideMap, algebra: Algebra): Promise<Dense> {
  if (mean === null) return rows;
  const away = less(rows, mean);
  return unitised(turn === null ? away : await algebra.multiply(away, turn));
}

/** The same as a map that can be saved. */
export function alignMapOf({ mean, turn }: SideMap, cols: number): AlignMap {
  const size = { inputs: cols, outputs: cols };
  if (mean === null) return { ...size, codes: unitRowsOf };
  if (turn === null) {
    const centre = constant(Float32Array.from(mean), [cols]);
    return { ...size, codes: (vectors) => unitRowsOf(sub(unitRowsOf(vectors), centre)) };
  }
  const weights = Float32Array.from(turn.data);
  const shift = shiftTo(mean, weights, cols);
  return linearMap({ ...size, weights, shift, unitRows: true, unitCodes: true });
}
