import { type Matrix, type Points, sharedFloat32 } from "../base/index.ts";
import { PCA_COLS } from "../linalg/index.ts";

/** Rows are turned where they are at most this share of the dimensions: else little is won. */
const FEW = 0.5;

/**
 * Few rows in many dimensions, turned into as many dimensions as there are rows: what orthogonal maps leave as it is (CKA, Procrustes) stays, and
 * every pair that the space is in costs less. Points that are not so are given back as they are.
 *
 * With the centred rows as the columns of A (d x n) and A = Q R by Householder's reflections, row i becomes column i of R, in float64 until it is
 * stored. No square of the data is taken, so small directions keep their digits. Cost 2 n^2 d, d at most 2,048 and n half of it.
 *
 * @returns `n x n`, or the points themselves
 */
export function inOwnSpan(points: Points): Points {
  const { rows, cols } = points;
  if (!("data" in points) || rows > FEW * cols || cols > PCA_COLS) return points;
  const columns = centredRows(points);
  for (let k = 0; k < rows; k++) reflect(columns, k);
  const data = sharedFloat32(rows * rows);
  columns.forEach((column, i) => {
    data.set(column.subarray(0, i + 1), i * rows);
  });
  return { data, rows, cols: rows };
}

function centredRows({ data, rows, cols }: Matrix): Float64Array[] {
  const means = new Float64Array(cols);
  for (let at = 0; at < rows * cols; at++) means[at % cols]! += data[at]! / rows;
  return Array.from({ length: rows }, (_, i) =>
    Float64Array.from(data.subarray(i * cols, (i + 1) * cols), (value, c) => value - means[c]!),
  );
}

/** Reflects all columns from `k` on so that column k has nothing below its k-th number. */
function reflect(columns: readonly Float64Array[], k: number): void {
  const own = columns[k]!;
  const d = own.length;
  let square = 0;
  for (let r = k; r < d; r++) square += own[r]! * own[r]!;
  const length = own[k]! > 0 ? -Math.sqrt(square) : Math.sqrt(square);
  // Half the square of the mirror's normal, own - length e_k.
  const half = square - length * own[k]!;
  if (!(half > 0)) return;
  const normal = own.slice();
  normal[k]! -= length;
  own[k] = length;
  own.fill(0, k + 1);
  for (let i = k + 1; i < columns.length; i++) {
    const column = columns[i]!;
    let product = 0;
    for (let r = k; r < d; r++) product += normal[r]! * column[r]!;
    const share = product / half;
    for (let r = k; r < d; r++) column[r]! -= share * normal[r]!;
  }
}
