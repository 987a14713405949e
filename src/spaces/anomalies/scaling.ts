import { IsometerError, type Matrix, row, sharedFloat32 } from "../../base/index.ts";
import { toUnitRows } from "../../linalg/index.ts";
import type { StraightMetric } from "../../neighbors/index.ts";

/** Mean and standard deviation (divisor n) of every column; 1 where a column is constant. */
export interface Standardization {
  readonly mean: Float64Array;
  readonly deviation: Float64Array;
}

/** How rows are brought into the units that a detector measures in. */
export interface Scaling {
  readonly standardization: Standardization | null;
  /** Under cosine rows are scaled to length 1 (a row of zeros stays), last. */
  readonly unitRows: boolean;
}

/** Cost O(n d), two passes. */
export function fitScaling(normal: Matrix, metric: StraightMetric, standardize: boolean): Scaling {
  return { standardization: standardize ? standardizationOf(normal) : null, unitRows: metric === "cosine" };
}

function standardizationOf(normal: Matrix): Standardization {
  const { rows, cols } = normal;
  const mean = columnMeans(normal);
  const deviation = new Float64Array(cols);
  for (let i = 0; i < rows; i++) {
    const values = row(normal, i);
    for (let k = 0; k < cols; k++) deviation[k]! += (values[k]! - mean[k]!) ** 2;
  }
  return { mean, deviation: deviation.map((sum) => Math.sqrt(sum / rows) || 1) };
}

/** The mean of every column. Cost O(n d). */
export function columnMeans(points: Matrix): Float64Array {
  const { rows, cols } = points;
  const mean = new Float64Array(cols);
  for (let i = 0; i < rows; i++) {
    const values = row(points, i);
    for (let k = 0; k < cols; k++) mean[k]! += values[k]! / rows;
  }
  return mean;
}

/** A scaled copy, on shared memory. @throws bad-value another width than that of the normal rows */
export function scaled(points: Matrix, { standardization, unitRows }: Scaling, cols: number): Matrix {
  if (points.cols !== cols) {
    throw new IsometerError("bad-value", `rows have ${points.cols} dimensions, the normal rows had ${cols}`, {
      needed: `${cols} columns`,
      got: `${points.cols} columns`,
    });
  }
  const data = sharedFloat32(points.data.length);
  data.set(points.data);
  if (standardization) {
    const { mean, deviation } = standardization;
    for (let i = 0, at = 0; i < points.rows; i++) {
      for (let k = 0; k < cols; k++, at++) data[at] = (points.data[at]! - mean[k]!) / deviation[k]!;
    }
  }
  if (unitRows) toUnitRows(data, cols);
  return { data, rows: points.rows, cols };
}
