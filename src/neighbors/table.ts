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

/** Fills a tile (see `Tile`) whose columns are sources; its padding with `padding`. */
export function fillFromTable(
  { lengths, placeOf }: LengthTable,
  rows: Panel,
  cols: Panel,
  orders: Float32Array,
  stride: number,
  padding: number,
): void {
  const from = Array.from({ length: cols.count }, (_, c) => {
    const place = placeOf[panelRow(cols, c)]!;
    if (place < 0) throw new IsometerError("internal", "a tile was asked for whose columns are no sources");
    return place * placeOf.length + rows.start;
  });
  for (let strip = 0; strip < stride; strip += STRIP) {
    const end = Math.min(strip + STRIP, stride);
    for (let r = 0; r < rows.count; r++) {
      for (let c = strip; c < end; c++) {
        orders[r * stride + c] = c < cols.count ? lengths[from[c]! + r]! : padding;
      }
    }
  }
}
