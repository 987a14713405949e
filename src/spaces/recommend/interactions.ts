import { checkNumber, deepFreeze, IsometerError, sharedFloat32, sharedInt32 } from "../../base/index.ts";

/** Sparse rows of numbers: those of row i lie at `[starts[i], starts[i + 1])`. On shared memory. */
export interface SparseRows {
  /** `rows + 1`. */
  readonly starts: Int32Array;
  readonly columns: Int32Array;
  readonly weights: Float32Array;
}

/** Which user took which item, and how strongly: a sparse `users x items` matrix, both ways. */
export interface Interactions {
  /** Each user's items in order of time, the first one first. */
  readonly byUser: SparseRows;
  /** Each item's users, ascending. */
  readonly byItem: SparseRows;
  /** The name of user u, and of item i. */
  readonly userIds: readonly (string | number)[];
  readonly itemIds: readonly (string | number)[];
}

/** What happened, one event a row. */
export interface Events {
  readonly users: ArrayLike<string | number>;
  readonly items: ArrayLike<string | number>;
  /** More than 0: counts, ratings, minutes. Default 1. */
  readonly weights?: ArrayLike<number>;
  /** Any numbers that grow with time. Default: the order of the rows, which also settles equal times. */
  readonly times?: ArrayLike<number>;
}

/**
 * Events as sparse interactions. Users and items are numbered in the order in which they first come; an item that a user took several times counts once, at its first time,
 * with the sum of its weights.
 *
 * Cost O(N log N) for N events.
 *
 * @throws empty-input; row-count-mismatch; non-finite times; bad-value weights that are not more than 0
 */
export function interactionsFrom(events: Events): Interactions {
  const { users, items, weights, times } = events;
  checkEvents(events);
  const user = numberIds(users);
  const item = numberIds(items);
  const order = Int32Array.from({ length: users.length }, (_, row) => row);
  if (times) order.sort((a, b) => times[a]! - times[b]! || a - b);
  const rows = user.ids.map(() => new Map<number, number>());
  for (const at of order) {
    const row = rows[user.numbers[at]!]!;
    const i = item.numbers[at]!;
    row.set(i, (row.get(i) ?? 0) + (weights ? weights[at]! : 1));
  }
  const byUser = sparseRows(rows.map((row) => [...row]));
  return interactionsOf(byUser, user.ids, item.ids);
}

/** Interactions from their rows by user. */
function interactionsOf(
  byUser: SparseRows,
  userIds: Interactions["userIds"],
  itemIds: Interactions["itemIds"],
): Interactions {
  return deepFreeze({ byUser, byItem: transposedRows(byUser, itemIds.length), userIds, itemIds });
}

/** What users had taken by then, and what came later. */
export interface TimeSplit {
  readonly train: Interactions;
  /** Each user's later items, numbered as in `train`. */
  readonly held: SparseRows;
}

/**
 * Splits by time: of each user's n interactions the last floor(share n) are held out. So nothing is learned from a user's own future; other
 * users' later interactions are seen.
 *
 * Cost O(N). Users and items keep their numbers, also those of which nothing is left.
 *
 * @param share in (0, 1), default .2
 * @throws bad-option
 */
export function splitByTime({ byUser, userIds, itemIds }: Interactions, share = 0.2): TimeSplit {
  checkNumber("share", share, 0, 1);
  const before: Row[] = [];
  const after: Row[] = [];
  for (let u = 0; u < userIds.length; u++) {
    const row = rowEntries(byUser, u);
    // A share such as .1 is not exact in binary: .3 x 10 is 3.
    const kept = row.length - Math.floor(share * row.length + 1e-9);
    before.push(row.slice(0, kept));
    after.push(row.slice(kept));
  }
  return deepFreeze({ train: interactionsOf(sparseRows(before), userIds, itemIds), held: sparseRows(after) });
}

/** The columns of a row: a view. */
export function columnsOf({ starts, columns }: SparseRows, row: number): Int32Array {
  return columns.subarray(starts[row]!, starts[row + 1]!);
}

/** The numbers of a row: a view. */
export function weightsOf({ starts, weights }: SparseRows, row: number): Float32Array {
  return weights.subarray(starts[row]!, starts[row + 1]!);
}

/** How many users each item has. */
export function itemCounts({ byItem }: Interactions): Int32Array {
  return Int32Array.from(
    { length: byItem.starts.length - 1 },
    (_, i) => byItem.starts[i + 1]! - byItem.starts[i]!,
  );
}

/** The same rows with another number in place of each. */
export function reweighted(rows: SparseRows, weight: (weight: number) => number): SparseRows {
  const weights = sharedFloat32(rows.weights.length);
  for (let p = 0; p < weights.length; p++) weights[p] = weight(rows.weights[p]!);
  return { ...rows, weights };
}

/** Columns and numbers of a row. */
export type Row = readonly (readonly [column: number, weight: number])[];

function rowEntries(rows: SparseRows, at: number): Row {
  const weights = weightsOf(rows, at);
  return Array.from(columnsOf(rows, at), (column, p) => [column, weights[p]!] as const);
}

/** Rows as sparse rows, on shared memory. */
export function sparseRows(rows: readonly Row[]): SparseRows {
  const starts = sharedInt32(rows.length + 1);
  rows.forEach((row, i) => {
    starts[i + 1] = starts[i]! + row.length;
  });
  const columns = sharedInt32(starts[rows.length]!);
  const weights = sharedFloat32(columns.length);
  let p = 0;
  for (const row of rows) {
    for (const [column, weight] of row) {
      columns[p] = column;
      weights[p++] = weight;
    }
  }
  return { starts, columns, weights };
}

/** The same numbers by column, rows ascending. */
export function transposedRows(rows: SparseRows, count: number): SparseRows {
  const starts = sharedInt32(count + 1);
  for (const column of rows.columns) starts[column + 1]!++;
  for (let i = 0; i < count; i++) starts[i + 1]! += starts[i]!;
  const next = starts.slice();
  const columns = sharedInt32(rows.columns.length);
  const weights = sharedFloat32(rows.columns.length);
  for (let row = 0; row + 1 < rows.starts.length; row++) {
    for (let p = rows.starts[row]!; p < rows.starts[row + 1]!; p++) {
      const q = next[rows.columns[p]!]!++;
      columns[q] = row;
      weights[q] = rows.weights[p]!;
    }
  }
  return { starts, columns, weights };
}

function numberIds(given: ArrayLike<string | number>): { ids: (string | number)[]; numbers: Int32Array } {
  const known = new Map<string | number, number>();
  const numbers = Int32Array.from({ length: given.length }, (_, at) => {
    const id = given[at]!;
    const number = known.get(id) ?? known.size;
    known.set(id, number);
    return number;
  });
  return { ids: [...known.keys()], numbers };
}

function checkEvents({ users, items, weights, times }: Events): void {
  if (users.length === 0) throw new IsometerError("empty-input", "there are no interactions");
  for (const [name, column] of Object.entries({ items, weights, times })) {
    if (column && column.length !== users.length) {
      throw new IsometerError(
        "row-count-mismatch",
        `there are ${users.length} users and ${column.length} ${name}: event i has one of each`,
      );
    }
  }
  for (let row = 0; row < users.length; row++) {
    const weight = weights ? weights[row]! : 1;
    if (!(weight > 0 && weight < Number.POSITIVE_INFINITY)) {
      throw new IsometerError("bad-value", `weights must be numbers above 0, got ${weight} in row ${row}`, {
        hint: "Leave out what a user did not like: what is absent counts as not preferred, weakly.",
      });
    }
    if (times && !Number.isFinite(times[row]!)) {
      throw new IsometerError("non-finite", `row ${row} has the time ${times[row]}`);
    }
  }
}
