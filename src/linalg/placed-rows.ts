import { type PointRows, type Points, pointRows, powerOfTwoNear, sharedFloat64 } from "../base/index.ts";
import { openPlaces, openRows, scanRows } from "../engine/index.ts";
import { toUnitRows } from "./unit-rows.ts";

/** Rows as they go into sums: value = data x scale - centre. */
export interface PlacedRows extends PointRows {
  readonly rows: number;
  /** What values are multiplied by, all rows alike or each its own: it keeps products within float32. */
  readonly scale: number | Float64Array;
  /** Taken off every scaled row, `cols`: any point near the mean will do, it spares rounding. */
  readonly centre: Float64Array;
}

/** Sums over some rows, in scaled units. */
export interface Sums {
  readonly values: Float64Array;
  /** Of squared norms. */
  square: number;
}

/** Rows that are looked at before all are. */
const LOOKED_AT = 256;

/** Rows near 0 and of values near 1, as sums of float32 products want them; scaled values are `unit` times those of the data. */
export function placeRows(
  points: Points,
  unitRows: boolean,
): { readonly placed: PlacedRows; readonly unit: number } {
  const { rows } = points;
  const where = pointRows(points);
  const { centre, unit } = centreAndUnit(where, rows, unitRows);
  const scale = unitRows ? unitScales(where, rows, unit) : unit;
  return { placed: { ...where, rows, scale, centre }, unit };
}

/** A unit that brings the largest value of some evenly spaced rows near 1, and their mean in that unit: near enough to that of all to spare rounding. */
function centreAndUnit(where: PointRows, rows: number, unitRows: boolean) {
  const { cols } = where;
  const { values, place } = openPlaces(where);
  const step = Math.max(1, Math.floor(rows / LOOKED_AT));
  const centre = new Float64Array(cols);
  let largest = 0;
  let count = 0;
  for (let i = 0; i < rows; i += step, count++) {
    const at = place(i);
    const row = values.slice(at, at + cols);
    if (unitRows) toUnitRows(row, cols);
    for (let k = 0; k < cols; k++) {
      const value = row[k]!;
      centre[k]! += value;
      largest = Math.max(largest, Math.abs(value));
    }
  }
  const unit = powerOfTwoNear(largest);
  return { centre: centre.map((sum) => (sum / count) * unit), unit };
}

/** What each row is multiplied by to have length `unit`; a row of zeros stays. */
function unitScales(where: PointRows, rows: number, unit: number): Float64Array {
  const { cols } = where;
  const scales = sharedFloat64(rows);
  scanRows(where, rows, (block, start, count) => {
    for (let r = 0; r < count; r++) {
      let square = 0;
      for (let p = r * cols; p < (r + 1) * cols; p++) square += block[p]! * block[p]!;
      scales[start + r] = square > 0 ? unit / Math.sqrt(square) : 0;
    }
  });
  return scales;
}

export const noSums = (cols: number): Sums => ({ values: new Float64Array(cols), square: 0 });

/** A function that writes rows `[from, from + count)`, or those that `order` names there, into a block and adds them to the sums. */
export function openPlaced(rows: PlacedRows) {
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
