import { IsometerError } from "../base/index.ts";
import type { Measurer } from "./exact-order.ts";
import { type Panel, panelRow } from "./panel.ts";

/** Lengths that cannot be had from two rows alone: from some rows, the sources, to all. On shared memory. */
export interface LengthTable {
  /** `sources x rows`, in units of the space. That of two sources is the same from both. */
  readonly lengths: Float32Array;
  /** Row number of each source. */
  readonly sources: Int32Array;
  /** Place of each row among the sources, -1 for the others. */
  readonly placeOf: Int32Array;
}

/** No table has more lengths than this: 400 MB, all pairs of 10,000 rows. */
export const MOST_LENGTHS = 10_000 ** 2;

/** A function (i, j) -> length in units. At least one of the two must be a source: others were never measured. */
export function tableOrder({ lengths, placeOf }: LengthTable): (i: number, j: number) => number {
  const rows = placeOf.length;
  return (i, j) => {
    if (placeOf[i]! >= 0) return lengths[placeOf[i]! * rows + j]!;
    if (placeOf[j]! >= 0) return lengths[placeOf[j]! * rows + i]!;
    throw new IsometerError("internal", `rows ${i} and ${j} are no sources: their geodesic is not known`);
  };
}

/** Whether any two rows can be measured in all of these spaces. Else one of the two must be a source: a slot of the audit's layout. */
export function measuresAnyPair(...spaces: readonly { readonly table: LengthTable | null }[]): boolean {
  return spaces.every(({ table }) => table === null || table.sources.length === table.placeOf.length);
}

/** Measures many rows at once. */
export function tableMeasurer(table: LengthTable): Measurer {
  const order = tableOrder(table);
  const most = 256;
  const orders = new Float64Array(most);
  return {
    most,
    some(i, ids, from, to) {
      for (let p = from; p < to; p++) orders[p - from] = order(i, ids[p]!);
      return orders.subarray(0, to - from);
    },
    range(i, from, to) {
      for (let j = from; j < to; j++) orders[j - from] = order(i, j);
      return orders.subarray(0, to - from);
    },
  };
}

/** Columns that are filled together: their values of one row share a line of cache. */
const STRIP = 16;

/** Fills a tile (see `Tile`) whose rows, or whose columns, are sources, the others being a range of rows; its padding with `padding`. */
export function fillFromTable(
  table: LengthTable,
  rows: Panel,
  cols: Panel,
  orders: Float32Array,
  stride: number,
  padding: number,
): void {
  const fromRows = cols.index === null ? startsFrom(table, rows, cols.start) : null;
  const fromCols = !fromRows && rows.index === null ? startsFrom(table, cols, rows.start) : null;
  if (fromRows) fillRows(table, fromRows, cols.count, orders, stride, padding);
  else if (fromCols) fillColumns(table, fromCols, rows.count, orders, stride, padding);
  else throw new IsometerError("internal", "a tile was asked for whose rows and columns are no sources");
}

/** Where the lengths of each row of a panel start, from row `first` on; null where one is no source. */
function startsFrom({ placeOf }: LengthTable, panel: Panel, first: number): readonly number[] | null {
  const places = Array.from({ length: panel.count }, (_, r) => placeOf[panelRow(panel, r)]!);
  return places.some((place) => place < 0) ? null : places.map((place) => place * placeOf.length + first);
}

function fillRows(
  { lengths }: LengthTable,
  from: readonly number[],
  cols: number,
  orders: Float32Array,
  stride: number,
  padding: number,
): void {
  from.forEach((start, r) => {
    orders.set(lengths.subarray(start, start + cols), r * stride);
    orders.fill(padding, r * stride + cols, (r + 1) * stride);
  });
}

function fillColumns(
  { lengths }: LengthTable,
  from: readonly number[],
  rows: number,
  orders: Float32Array,
  stride: number,
  padding: number,
): void {
  for (let strip = 0; strip < stride; strip += STRIP) {
    const end = Math.min(strip + STRIP, stride);
    for (let r = 0; r < rows; r++) {
      for (let c = strip; c < end; c++) {
        orders[r * stride + c] = c < from.length ? lengths[from[c]! + r]! : padding;
      }
    }
  }
}
