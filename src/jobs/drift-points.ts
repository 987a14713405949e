import type { Drift, DriftRows } from "../align/drift.ts";
import type { Watch } from "../base/index.ts";
import type { DriftResult, DriftWitness, PointsRecord } from "../report/index.ts";
import { type DriftInputs, nameOfRow } from "./drift-inputs.ts";
import { defined } from "./result.ts";
import { rowNumber } from "./row-numbers.ts";

/** Rows that are named in a result, and the movement below which none is: rounding alone makes some. */
const NAMED = 20;
const LEAST = 0.01;

type Names = Pick<DriftInputs, "ids" | "numbers">;

/** The rows that moved most, by name. Of equal ones the first. */
export function witnessesOf(points: DriftRows, groups: Int32Array, names: Names): DriftWitness[] {
  const { movement, factor, overlap, shift, row } = points;
  const worst = Array.from(movement.keys())
    .filter((slot) => movement[slot]! >= LEAST)
    .sort((a, b) => movement[b]! - movement[a]! || a - b)
    .slice(0, NAMED);
  return worst.map((slot) => ({
    row: rowNumber(names.numbers, row[slot]!),
    ...defined({ id: names.ids?.[row[slot]!] }),
    movement: movement[slot]!,
    factor: factor[slot]!,
    overlap: overlap[slot]!,
    shift: shift[slot]!,
    region: groups[row[slot]!]!,
    lost: exchanged(points, "before", slot, names),
    gained: exchanged(points, "after", slot, names),
  }));
}

/** Regions with the names of their examples. */
export function nameRegions(regions: Drift["regions"], names: Names): DriftResult["regions"] {
  return regions.map((region) => ({
    ...region,
    examples: region.examples.map((row) => nameOfRow(names, row)),
  }));
}

/** Names of the neighbours of a slot that it has on one side alone, nearest first. */
function exchanged(points: DriftRows, side: "before" | "after", slot: number, names: Names): string[] {
  const k = points.before.length / points.row.length;
  const listOf = (ids: Int32Array) => ids.subarray(slot * k, (slot + 1) * k);
  const other = listOf(side === "before" ? points.after : points.before);
  return [...listOf(points[side])].filter((row) => !other.includes(row)).map((row) => nameOfRow(names, row));
}

/**
 * Writes what is known of single rows as a table: row numbers in the file of OLD, ids where there are some, how far each moved, and the neighbours that it lost
 * and gained, nearest first, as JSON lists.
 */
export async function writeDriftPoints(
  path: string,
  points: DriftRows,
  groups: Int32Array,
  names: Names,
  { signal, onProgress }: Watch,
): Promise<PointsRecord> {
  const { writeColumns } = await import("../data/index.ts");
  onProgress?.({ stage: "writing points", done: 0, total: 1 });
  const { row, movement, factor, stretch, overlap, shift } = points;
  const lists = (side: "before" | "after") =>
    Array.from(row.keys(), (slot) => JSON.stringify(exchanged(points, side, slot, names)));
  const columns = {
    row: Int32Array.from(row, (r) => rowNumber(names.numbers, r)),
    ...(names.ids && { id: Array.from(row, (r) => names.ids![r]!) }),
    ...{ movement, factor, stretch, overlap, shift },
    region: Int32Array.from(row, (r) => groups[r]!),
    lost: lists("before"),
    gained: lists("after"),
  };
  await writeColumns(path, columns, defined({ signal }));
  return { path, rows: row.length, columns: Object.keys(columns) };
}
