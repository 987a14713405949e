import { gatherRows, type Matrix, permutation, type Rng, rowsOf, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import { principalComponents, toUnitRows } from "../linalg/index.ts";
import type { Products } from "./unsupervised-match.ts";

/**
 * More principal axes than this are left out while no pairs are known, and more than a quarter of the rows: with few rows, a rotation of many dimensions fits whatever it is given. Tried on all-minilm and
 * all-mpnet (guideline250, 250 rows): in all axes .18 to .49 of the mutual neighbours were right, in 64 .97 to 1.00.
 */
const MOST_AXES = 64;

/** Rows of one space in its principal axes: length 1, less the mean, length 1. */
export interface Cloud {
  /** `n x r` */
  readonly rows: Matrix;
  /** Takes other rows of the space to the same axes. */
  place(rows: Matrix): Matrix;
}

export async function openCloud(
  rows: Matrix,
  options: Watch & { readonly engine: EngineInfo },
): Promise<Cloud> {
  const axes = Math.max(1, Math.min(MOST_AXES, rows.cols, Math.floor(rows.rows / 4)));
  const { engine, signal } = options;
  const how = { engine, unitRows: true, ...(signal && { signal }) };
  const { mean, components } = await principalComponents(rows, axes, how);
  const place = (given: Matrix) => placed(given, mean, components, axes);
  return { rows: place(rows), place };
}

function placed(
  { data, rows, cols }: Matrix,
  mean: Float64Array,
  components: Float32Array,
  axes: number,
): Matrix {
  const unit = data.slice();
  toUnitRows(unit, cols);
  const out = new Float32Array(rows * axes);
  for (let i = 0; i < rows; i++) {
    for (let a = 0; a < axes; a++) {
      let sum = 0;
      for (let k = 0, at = i * cols; k < cols; k++, at++)
        sum += (unit[at]! - mean[k]!) * components[a * cols + k]!;
      out[i * axes + a] = sum;
    }
  }
  toUnitRows(out, axes);
  return { data: out, rows, cols: axes };
}

/** A cloud of the same spread along each principal axis, whose axes know nothing of each other: each is shuffled by itself. It has no row in common with any space. */
export function shuffledAxes({ data, rows, cols }: Matrix, random: Rng): Matrix {
  const out = new Float32Array(data.length);
  for (let k = 0; k < cols; k++) {
    permutation(random, rows).forEach((from, i) => {
      out[i * cols + k] = data[from * cols + k]!;
    });
  }
  toUnitRows(out, cols);
  return { data: out, rows, cols };
}

const QUANTILES = 256;
const ROWS_AT_ONCE = 256;

/**
 * What a row's similarities to all rows of its own space look like: 256 quantiles of them, each centred over rows, rows at length 1. It depends neither on the axes nor on the order of rows, so rows of two
 * isometric spaces can be told by it (Artetxe, Labaka & Agirre 2018, section 3.2; quantiles, that the numbers of rows may differ).
 *
 * Cost n^2 (r + log n); memory 256 numbers a row.
 *
 * @param power of the matrix of similarities: 1, or .5 as in the paper
 */
export async function similarityProfiles(cloud: Matrix, power: number, products: Products): Promise<Matrix> {
  const { rows, cols } = cloud;
  const squares = new Float64Array(cols);
  cloud.data.forEach((value, at) => {
    squares[at % cols]! += value * value;
  });
  const most = squares.reduce((high, value) => Math.max(high, value), 0);
  const weights = squares.map((value) => (value > 0 ? (value / most) ** ((power - 1) / 2) : 0));
  const weighted = { ...cloud, data: cloud.data.map((value, at) => value * weights[at % cols]!) };
  const out = new Float32Array(rows * QUANTILES);
  for (let start = 0; start < rows; start += ROWS_AT_ONCE) {
    const end = Math.min(rows, start + ROWS_AT_ONCE);
    const block = await products.between(rowsOf(weighted, { start, end }), weighted);
    for (let i = start; i < end; i++) {
      const own = block.subarray((i - start) * rows, (i - start + 1) * rows).sort();
      for (let q = 0; q < QUANTILES; q++)
        out[i * QUANTILES + q] = own[Math.round((q * (rows - 1)) / (QUANTILES - 1))]!;
    }
  }
  return standardised({ data: out, rows, cols: QUANTILES });
}

/** Length 1, less the mean, length 1; in place. */
function standardised(profiles: Matrix): Matrix {
  const { data, rows, cols } = profiles;
  toUnitRows(data, cols);
  const mean = new Float64Array(cols);
  for (let at = 0; at < data.length; at++) mean[at % cols]! += data[at]! / rows;
  for (let at = 0; at < data.length; at++) data[at]! -= mean[at % cols]!;
  toUnitRows(data, cols);
  return profiles;
}

/** Some rows, drawn, and which. */
export function drawn(rows: Matrix, share: number, random: Rng) {
  const which = permutation(random, rows.rows).subarray(0, Math.ceil(share * rows.rows));
  return { which, rows: gatherRows(rows, which) };
}
