import { listRows, type Rows, throwIfAborted, type Watch } from "../base/index.ts";
import type { InfoResult, Problem } from "../report/index.ts";

/** Duplicates are looked for among this many rows: one number per row is kept. */
export const DUPLICATE_ROWS = 2_000_000;

const FIRST_ROWS = 5;
const FIRST_COLS = 12;
const LISTED = 20;

/** What one pass over the rows of a file finds. */
export type Inspection = Pick<InfoResult, "values" | "firstRows" | "problems">;

interface Tally {
  rows: number[];
  count: number;
}

interface State {
  readonly nonFinite: Tally;
  readonly zero: Tally;
  readonly duplicate: Tally;
  readonly hashes: Set<number>;
  readonly low: Float64Array;
  readonly high: Float64Array;
  readonly first: number[][];
  sum: number;
  finite: number;
}

/** Range, first rows and problems of n x d rows, in one streamed pass. Problems are listed, never thrown. */
export async function inspectRows(source: Rows, watch: Watch = {}): Promise<Inspection> {
  const state: State = {
    nonFinite: { rows: [], count: 0 },
    zero: { rows: [], count: 0 },
    duplicate: { rows: [], count: 0 },
    hashes: new Set(),
    low: new Float64Array(source.cols).fill(Number.POSITIVE_INFINITY),
    high: new Float64Array(source.cols).fill(Number.NEGATIVE_INFINITY),
    first: [],
    sum: 0,
    finite: 0,
  };
  for await (const { start, matrix } of source.blocks()) {
    throwIfAborted(watch.signal);
    for (let i = 0; i < matrix.rows; i++) {
      visit(state, start + i, matrix.data.subarray(i * matrix.cols, (i + 1) * matrix.cols));
    }
    watch.onProgress?.({ stage: "reading", done: start + matrix.rows, total: source.rows });
  }
  return { values: rangeOf(state), firstRows: state.first, problems: problemsOf(state, source) };
}

function visit(state: State, row: number, values: Float32Array): void {
  if (state.first.length < FIRST_ROWS) state.first.push([...values.subarray(0, FIRST_COLS)]);
  const { finite, zero, hash } = tallyValues(state, values);
  if (!finite) note(state.nonFinite, row);
  else if (zero) note(state.zero, row);
  if (!finite || row >= DUPLICATE_ROWS) return;
  if (state.hashes.has(hash)) note(state.duplicate, row);
  else state.hashes.add(hash);
}

/** The hot loop: range and sum of the finite values, and 53 bits of two multiplicative hashes of the row. */
function tallyValues(state: State, values: Float32Array): { finite: boolean; zero: boolean; hash: number } {
  const { low, high } = state;
  let zero = true;
  let finite = 0;
  let h1 = 0x811c9dc5;
  let h2 = 0x9747b28c;
  for (let j = 0; j < values.length; j++) {
    const value = values[j]!;
    if (value - value !== 0) continue;
    finite++;
    if (value !== 0) zero = false;
    if (value < low[j]!) low[j] = value;
    if (value > high[j]!) high[j] = value;
    state.sum += value;
    FLOAT[0] = value === 0 ? 0 : value;
    h1 = Math.imul(h1 ^ BITS[0]!, 0x85ebca6b);
    h1 ^= h1 >>> 15;
    h2 = Math.imul(h2 ^ BITS[0]!, 0x5bd1e995);
    h2 ^= h2 >>> 13;
  }
  state.finite += finite;
  // Among 2,000,000 rows two different ones agree with a chance of about 2e-4.
  return { finite: finite === values.length, zero, hash: (h1 >>> 0) * 2097152 + (h2 >>> 11) };
}

const FLOAT = new Float32Array(1);
const BITS = new Uint32Array(FLOAT.buffer);

function note(tally: Tally, row: number): void {
  tally.count++;
  if (tally.rows.length < LISTED) tally.rows.push(row);
}

function rangeOf({ low, high, sum, finite }: State): Inspection["values"] {
  if (finite === 0) return null;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (let j = 0; j < low.length; j++) {
    min = Math.min(min, low[j]!);
    max = Math.max(max, high[j]!);
  }
  return { min, max, mean: sum / finite };
}

function problemsOf(state: State, source: Rows): Problem[] {
  const problems: Problem[] = [];
  const add = (code: string, tally: Tally, message: (rows: string) => string) => {
    if (tally.count === 0) return;
    problems.push({ code, message: message(listRows(tally.rows, tally.count)), count: tally.count });
  };
  add("non-finite", state.nonFinite, (rows) => `NaN or infinite values in ${rows}: audit refuses such rows.`);
  add(
    "zero-vectors",
    state.zero,
    (rows) => `Only zeros in ${rows}: they have no direction for --metric cosine.`,
  );
  const among =
    source.rows > DUPLICATE_ROWS
      ? ` (looked for in the first ${DUPLICATE_ROWS.toLocaleString("en")} rows)`
      : "";
  add(
    "duplicate-rows",
    state.duplicate,
    (rows) => `Copies of an earlier row: ${rows}${among}. Distance 0 between them; neighbours tie.`,
  );
  add(
    "constant-columns",
    constantColumns(state, source),
    (columns) =>
      `The same value in every row: ${columns.replace("row", "column")}. They do not change any distance.`,
  );
  return problems;
}

function constantColumns({ low, high }: State, source: Rows): Tally {
  const tally: Tally = { rows: [], count: 0 };
  if (source.rows < 2) return tally;
  for (let j = 0; j < low.length; j++) if (low[j] === high[j]) note(tally, j);
  return tally;
}
