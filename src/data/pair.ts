import { duplicateGroups, rowHashes, rowsEqual } from "../base/duplicates.ts";
import {
  checkSameRows,
  IsometerError,
  LISTED_ROWS,
  listRows,
  type Matrix,
  nonFinite,
  nonFiniteRows,
  type Points,
  rowsFromMatrix,
  type StoredMatrix,
  sharedFloat32,
  throwIfAborted,
  type Warning,
  type Watch,
} from "../base/index.ts";
import { shown, truncatedError } from "./array-checks.ts";
import { nameList } from "./columns.ts";
import { readStoredRows, spoolRows, storedRows } from "./node-spool.ts";
import type { Source } from "./source.ts";

/** Two spaces of the same items: row i of both is one item. On shared memory; what is larger than HELD_BYTES stays in a file. */
export interface Pair {
  /** `n x D` */
  readonly original: Points;
  /** `n x d` */
  readonly latent: Points;
  /** Were rows matched by their ids? Otherwise by order. */
  readonly joined: "id" | "order";
  /** The id of each row, where the original has ids. */
  readonly ids: readonly string[] | undefined;
  /** For each row its number in the original input (and so in its labels); undefined where nothing was left out. */
  readonly originalRows: Int32Array | undefined;
  /** For each row its number in the latent input; undefined where the order is the same. */
  readonly latentRows: Int32Array | undefined;
  readonly warnings: readonly Warning[];
  /** Removes what was written to temporary files. Rows of the inputs' own files need these no longer either. */
  close(): Promise<void>;
}

/** The names of the two inputs in messages; default "the original" and "the latent". */
export interface PairOptions extends Watch {
  readonly names?: readonly [string, string];
  /** Default HELD_BYTES. */
  readonly heldBytes?: number;
}

/** More bytes of float32 than this are not held in memory: they are read from the file, again and again. */
export const HELD_BYTES = 2 ** 30;

/**
 * Reads both spaces, matched by id where both have ids (in the order of the original; rows without a partner
 * are left out and recorded), otherwise by order.
 *
 * @throws row-count-mismatch, duplicate-id, bad-value (no id in common), aborted, and what reading throws
 */
export async function readPair(original: Source, latent: Source, options: PairOptions = {}): Promise<Pair> {
  const names = options.names ?? (["the original", "the latent"] as const);
  const warnings: Warning[] = [];
  let ids = await original.ids?.();
  let match: { x: Int32Array; z: Int32Array } | undefined;
  if (ids !== undefined && latent.ids !== undefined) {
    const latentIds = await latent.ids();
    match = matchIds(ids, latentIds, names, warnings);
    const all = ids;
    ids = Array.from(match.x, (i) => all[i]!);
  } else {
    checkSameRows(original, latent, names);
    const with_ = ids !== undefined ? 0 : latent.ids !== undefined ? 1 : -1;
    if (with_ >= 0) warnings.push(idsIgnored(names[with_ === 0 ? 0 : 1], names[with_ === 0 ? 1 : 0]));
  }
  const total = original.rows + latent.rows;
  const x = await place(original, match?.x, { ...options, before: 0, total });
  const z = await place(latent, match?.z, { ...options, before: original.rows, total }).catch(
    async (error) => {
      await x.remove();
      throw error;
    },
  );
  return {
    original: x.points,
    latent: z.points,
    close: async () => {
      await x.remove();
      await z.remove();
    },
    joined: match === undefined ? "order" : "id",
    ids,
    originalRows: match && leavesAsIs(match.x, original.rows),
    latentRows: match && leavesAsIs(match.z, latent.rows),
    warnings: [...original.warnings, ...latent.warnings, ...warnings],
  };
}

/** What a look through a matrix found. */
export interface Inspection {
  readonly warnings: readonly Warning[];
  /** For each row the first row equal to it; null when all rows differ. */
  readonly duplicates: Int32Array | null;
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

/** Positions of the common ids in both inputs, in the order of the first. */
function matchIds(
  xIds: readonly string[],
  zIds: readonly string[],
  names: readonly [string, string],
  warnings: Warning[],
): { x: Int32Array; z: Int32Array } {
  const xPlaces = idPlaces(xIds, names[0]);
  const zPlaces = idPlaces(zIds, names[1]);
  const x = Int32Array.from([...xPlaces].filter(([id]) => zPlaces.has(id)).map(([, i]) => i));
  if (x.length === 0) {
    const [a, b] = [xIds, zIds].map((ids) => nameList(ids.slice(0, 3).map((id) => JSON.stringify(id))));
    throw new IsometerError("bad-value", `${names[0]} and ${names[1]} have no id in common`, {
      needed: "the same ids in both inputs",
      got: `${a} ... against ${b} ...`,
      hint: `Ids are compared letter by letter: ${names[0]} has ${a}, ${names[1]} has ${b}.`,
    });
  }
  const z = Int32Array.from(x, (i) => zPlaces.get(xIds[i]!)!);
  for (const [ids, places, name] of [
    [xIds, zPlaces, names[0]],
    [zIds, xPlaces, names[1]],
  ] as const) {
    const alone = ids.flatMap((id, i) => (places.has(id) ? [] : [i]));
    if (alone.length > 0) warnings.push(unmatched(name, ids, alone));
  }
  return { x, z };
}

/** @throws duplicate-id with the ids and the rows they stand in. */
function idPlaces(ids: readonly string[], name: string): Map<string, number> {
  const places = new Map<string, number>();
  const twice: string[] = [];
  let count = 0;
  for (const [i, id] of ids.entries()) {
    const first = places.get(id);
    if (first === undefined) places.set(id, i);
    else if (++count <= 3) twice.push(`"${shown(id)}" (rows ${first} and ${i})`);
  }
  if (count === 0) return places;
  const more = count > 3 ? ` and ${count - 3} more` : "";
  throw new IsometerError("duplicate-id", `${name} has ids that stand twice: ${twice.join(", ")}${more}`, {
    needed: "a different id in every row",
    hint: "Choose another id column with --id, or remove the repeated rows.",
  });
}

function unmatched(name: string, ids: readonly string[], alone: readonly number[]): Warning {
  const first = nameList(alone.slice(0, 3).map((i) => JSON.stringify(ids[i])));
  const more = alone.length > 3 ? ` and ${alone.length - 3} more` : "";
  return {
    code: "rows-unmatched",
    message: `${name}: ${alone.length} of ${ids.length} rows have no partner and are left out (${first}${more})`,
    rows: alone.slice(0, LISTED_ROWS),
    count: alone.length,
  };
}

function idsIgnored(has: string, lacks: string): Warning {
  return {
    code: "ids-ignored",
    message: `${has} has row ids and ${lacks} has none: rows are matched by order`,
  };
}

/** `places` unless it is 0, 1, 2 ... up to `rows`. */
function leavesAsIs(places: Int32Array, rows: number): Int32Array | undefined {
  return places.length === rows && places.every((place, i) => place === i) ? undefined : places;
}

/** Points, and how to be rid of what was written for them. */
interface Placed {
  readonly points: Points;
  remove(): Promise<void>;
}

/** The rows of a source, or those at `places` in that order: in one shared matrix, or in a file where they are too many. */
async function place(
  source: Source,
  places: Int32Array | undefined,
  {
    onProgress,
    signal,
    before,
    total,
    heldBytes = HELD_BYTES,
  }: PairOptions & { before: number; total: number },
): Promise<Placed> {
  const { cols, stored } = source;
  const rows = places?.length ?? source.rows;
  const target = places && new Int32Array(source.rows).fill(-1);
  places?.forEach((row, i) => {
    target![row] = i;
  });
  const onRows = (seen: number) => onProgress?.({ stage: "reading", done: before + seen, total });
  const held = 4 * rows * cols <= heldBytes;
  if (!held && stored && target === undefined)
    return { points: { stored, rows, cols }, remove: async () => {} };
  if (!held) return spoolRows(source, rows, target, { onRows, ...(signal && { signal }) });
  const data = sharedFloat32(rows * cols);
  let seen = 0;
  for await (const { start, matrix } of source.blocks()) {
    throwIfAborted(signal);
    if (target === undefined) data.set(matrix.data, start * cols);
    else {
      for (let i = 0; i < matrix.rows; i++) {
        const to = target[start + i]!;
        if (to >= 0) data.set(matrix.data.subarray(i * cols, (i + 1) * cols), to * cols);
      }
    }
    seen += matrix.rows;
    onRows(seen);
  }
  if (seen !== source.rows) throw truncatedError(shown(source.path), `${source.rows} rows`, `${seen} rows`);
  return { points: { data, rows, cols }, remove: async () => {} };
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
