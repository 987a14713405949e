import { IsometerError } from "./errors.ts";
import type { Matrix } from "./matrix.ts";
import { listRows } from "./warnings.ts";

/** @throws row-count-mismatch unless both have the same number of rows. Names both counts. */
export function checkSameRows(
  x: { rows: number },
  z: { rows: number },
  names: readonly [string, string],
): void {
  if (x.rows !== z.rows) {
    throw new IsometerError(
      "row-count-mismatch",
      `${names[0]} has ${x.rows} rows, ${names[1]} has ${z.rows}: row i of both must be the same item`,
      {
        needed: `${x.rows} rows`,
        got: `${z.rows} rows`,
        hint: "Join them by id (--id COLUMN) or cut the longer one (--rows 0:N).",
      },
    );
  }
}

/** @throws bad-option unless `value` is an integer in [low, high]. */
export function checkInteger(name: string, value: number, low: number, high = Number.MAX_SAFE_INTEGER): void {
  if (!Number.isInteger(value) || value < low || value > high) {
    const range = high === Number.MAX_SAFE_INTEGER ? `at least ${low}` : `between ${low} and ${high}`;
    throw new IsometerError("bad-option", `${name} must be an integer ${range}, got ${value}`, {
      needed: range,
      got: String(value),
    });
  }
}

/** @throws bad-option when `value` is no number in [low, high] */
export function checkNumber(name: string, value: number, low: number, high: number): void {
  if (value >= low && value <= high) return;
  throw new IsometerError("bad-option", `${name} must be a number from ${low} to ${high}, got ${value}`, {
    got: String(value),
  });
}

/** Row numbers (zero-based) that hold NaN or an infinity: the first `limit`, and the count of all. */
export function nonFiniteRows(m: Matrix, limit = 100): { rows: number[]; count: number } {
  const rows: number[] = [];
  let count = 0;
  for (let i = 0; i < m.rows; i++) {
    let sum = 0;
    const end = (i + 1) * m.cols;
    // x - x is 0 for every finite x and NaN for the others.
    for (let p = i * m.cols; p < end; p++) sum += m.data[p]! - m.data[p]!;
    if (sum === 0) continue;
    count++;
    if (rows.length < limit) rows.push(i);
  }
  return { rows, count };
}

/** @throws non-finite when `m` holds NaN or an infinity. Names the first rows. */
export function checkFinite(m: Matrix, name: string): void {
  const bad = nonFiniteRows(m);
  if (bad.count > 0) throw nonFinite(name, bad.rows, bad.count);
}

/** The error for rows with NaN or an infinity: the first of them, and the count of all. */
export function nonFinite(name: string, rows: readonly number[], count: number): IsometerError {
  return new IsometerError("non-finite", `${name} has NaN or infinite values in ${listRows(rows, count)}`, {
    hint: "Distances to such rows do not exist: remove or repair them, in both inputs.",
  });
}
