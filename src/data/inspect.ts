import { duplicateGroups, rowHashes, rowsEqual } from "../base/duplicates.ts";
import {
  IsometerError,
  LISTED_ROWS,
  listRows,
  type Matrix,
  nonFinite,
  nonFiniteRows,
  type Points,
  rowsFromMatrix,
  type StoredMatrix,
  type Warning,
} from "../base/index.ts";
import { readStoredRows, storedRows } from "./node-spool.ts";

/** What a look through a matrix found. */
export interface Inspection {
  readonly warnings: readonly Warning[];
  /** For each row the first row equal to it; null when all rows differ. */
  readonly duplicates: Int32Array | null;
}

/** @throws non-finite, with the rows, where a number is none */
export async function checkFinite(points: Points, name: string): Promise<void> {
  const { nonFiniteRows: bad } = await look(points);
  if (bad.length > 0) throw nonFinite(name, bad.slice(0, 100), bad.length);
}

/**
 * Looks through points before they are measured, in one pass.
 *
 * @param name what they are called in messages
 * @param metric zero vectors have no direction: under "cosine" they are an error
 * @returns warnings (constant columns, repeated rows), and the groups of equal rows (see `duplicateGroups`)
 * @throws non-finite, zero-vector, too-few-rows, bad-value (all rows equal); all name rows
 */
export async function inspectPoints(points: Points, name: string, metric: string): Promise<Inspection> {
  if (points.rows < 3) {
    throw new IsometerError(
      "too-few-rows",
      `${name} has ${points.rows} ${points.rows === 1 ? "row" : "rows"}`,
      {
        needed: "at least 3 rows",
        got: String(points.rows),
        hint: "Distances between two rows have nothing to compare with: give more rows.",
      },
    );
  }
  const { hashes, nonFiniteRows: bad, zeros, constant } = await look(points);
  if (bad.length > 0) throw nonFinite(name, bad.slice(0, 100), bad.length);
  if (metric === "cosine" && zeros.length > 0) throw zeroVectors(name, zeros);
  if (constant.length === points.cols) {
    throw new IsometerError(
      "bad-value",
      `all ${points.rows} rows of ${name} are equal: every distance is 0`,
      {
        hint: "Check that the right column or file was read.",
      },
    );
  }
  const warnings: Warning[] = [];
  if (constant.length > 0) {
    const shownColumns = constant.slice(0, LISTED_ROWS).join(", ");
    const rest = constant.length - LISTED_ROWS;
    warnings.push({
      code: "constant-columns",
      message: `${name}: ${constant.length} of ${points.cols} columns never change (${shownColumns}${rest > 0 ? ` and ${rest} more` : ""})`,
      count: constant.length,
    });
  }
  const duplicates = duplicateGroups(hashes, "stored" in points ? storedEqual(points) : rowsEqual(points));
  const repeated = repeatedRows(duplicates);
  if (repeated.length > 0) {
    warnings.push({
      code: "duplicate-rows",
      message: `${name}: ${repeated.length.toLocaleString("en")} of ${points.rows.toLocaleString("en")} rows repeat an earlier row (${listRows(repeated)})`,
      rows: repeated.slice(0, LISTED_ROWS),
      count: repeated.length,
    });
  }
  return { warnings, duplicates };
}

/** What one pass over all rows sees. */
interface Look {
  readonly hashes: Int32Array;
  readonly nonFiniteRows: readonly number[];
  readonly zeros: readonly number[];
  /** Columns in which every row has the value of the first. */
  readonly constant: readonly number[];
}

async function look(points: Points): Promise<Look> {
  const { rows, cols } = points;
  const [zero] = rowHashes({ data: new Float32Array(cols), rows: 1, cols });
  const hashes = new Int32Array(rows);
  const bad: number[] = [];
  const zeros: number[] = [];
  const first = new Float32Array(cols);
  let constant = Array.from({ length: cols }, (_, c) => c);
  const source = "stored" in points ? storedRows(points) : rowsFromMatrix(points);
  for await (const { start, matrix } of source.blocks()) {
    if (start === 0) first.set(matrix.data.subarray(0, cols));
    for (const row of nonFiniteRows(matrix, matrix.rows).rows) bad.push(start + row);
    hashes.set(rowHashes(matrix), start);
    for (let i = 0; i < matrix.rows; i++) {
      // Only rows with the hash of a zero row are looked at.
      if (hashes[start + i] !== zero) continue;
      if (matrix.data.subarray(i * cols, (i + 1) * cols).every((value) => value === 0)) zeros.push(start + i);
    }
    constant = stillConstant(matrix, first, constant);
  }
  return { hashes, nonFiniteRows: bad, zeros, constant };
}

/** Those of the columns `open` in which every row has the value of `first`. */
function stillConstant(m: Matrix, first: Float32Array, columns: number[]): number[] {
  let open = columns;
  for (let i = 0; i < m.rows && open.length > 0; i++) {
    const start = i * m.cols;
    let changed = false;
    for (const c of open) changed ||= m.data[start + c] !== first[c];
    if (changed) open = open.filter((c) => m.data[start + c] === first[c]);
  }
  return open;
}

function storedEqual(points: StoredMatrix): (i: number, j: number) => boolean {
  const { cols } = points;
  return (i, j) => rowsEqual({ data: readStoredRows(points, [i, j]), rows: 2, cols })(0, 1);
}

function zeroVectors(name: string, rows: readonly number[]): IsometerError {
  return new IsometerError("zero-vector", `${name} has zero vectors in ${listRows(rows)}`, {
    needed: "a direction in every row (metric cosine)",
    hint: "Remove these rows in both inputs, or use --metric euclidean.",
  });
}

function repeatedRows(groups: Int32Array | null): number[] {
  const rows: number[] = [];
  groups?.forEach((first, i) => {
    if (first !== i) rows.push(i);
  });
  return rows;
}
