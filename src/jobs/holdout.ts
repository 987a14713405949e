import { IsometerError } from "../base/index.ts";
import { type RowNumbers, rowNumber } from "./row-numbers.ts";

/** Tells rows that were held out, by their number in the file of the original. */
export type HoldoutTest = (row: number) => boolean;

/**
 * Reads `--holdout`: START:END, or a file with one row number per row. Numbers count the rows of the original, from 0, as `--rows` does.
 *
 * @throws bad-range, bad-value (no row number), and what reading the file throws
 */
export async function readHoldout(spec: string, { total }: Pick<RowNumbers, "total">): Promise<HoldoutTest> {
  const { parseRange, readRowNumbers } = await import("../data/index.ts");
  if (/^\s*\d*\s*:\s*\d*\s*$/.test(spec)) {
    const { start, end } = parseRange(spec);
    return (row) => row >= start && row < end;
  }
  const rows = new Set(await readRowNumbers(spec));
  const beyond = [...rows].find((row) => row >= total);
  if (beyond !== undefined) {
    throw new IsometerError(
      "bad-range",
      `--holdout ${spec} names row ${beyond}, the original has ${total} rows`,
      {
        needed: `row numbers from 0 to ${total - 1}`,
        got: String(beyond),
        hint: "Rows are counted from 0.",
      },
    );
  }
  return (row) => rows.has(row);
}

/** Of the rows that are compared, those that were held out. */
export function heldOutRows(numbers: RowNumbers, rows: number, isHeldOut: HoldoutTest): Int32Array {
  return Int32Array.from({ length: rows }, (_, row) => row).filter((row) =>
    isHeldOut(rowNumber(numbers, row)),
  );
}
