import { duplicateGroups, rowHashes } from "../base/duplicates.ts";
import {
  checkFinite,
  checkSameRows,
  IsometerError,
  LISTED_ROWS,
  listRows,
  type Matrix,
  sharedFloat32,
  throwIfAborted,
  type Warning,
  type Watch,
} from "../base/index.ts";
import { shown, truncatedError } from "./array-checks.ts";
import { nameList } from "./columns.ts";
import type { Source } from "./source.ts";

/** Two spaces of the same items: row i of both is one item. Both on shared memory. */
export interface Pair extends Omit<Spaces, "latents" | "joined" | "warnings"> {
  /** `n x d` */
  readonly latent: Matrix;
  /** Were rows matched by their ids? Otherwise by order. */
  readonly joined: "id" | "order";
  /** For each row its number in the latent input; undefined where the order is the same. */
  readonly latentRows: Int32Array | undefined;
  readonly warnings: readonly Warning[];
}

/** A space and latents of it: row i of all is one item. All on shared memory. */
export interface Spaces {
  /** `n x D` */
  readonly original: Matrix;
  readonly latents: readonly JoinedLatent[];
  /** The id of each row, where the original has ids. */
  readonly ids: readonly string[] | undefined;
  /** For each row its number in the original input (and so in its labels); undefined where nothing was left out. */
  readonly originalRows: Int32Array | undefined;
  /** What joining the original came upon. */
  readonly warnings: readonly Warning[];
}

/** A latent, joined with its original. */
export interface JoinedLatent {
  /** `n x d` */
  readonly matrix: Matrix;
  readonly joined: "id" | "order";
  /** For each row its number in the input; undefined where the order is the same. */
  readonly rows: Int32Array | undefined;
  readonly warnings: readonly Warning[];
}

/** The names of the two inputs in messages; default "the original" and "the latent". */
export interface PairOptions extends Watch {
  readonly names?: readonly [string, string];
}

/** `readSpaces` of one latent. */
export async function readPair(original: Source, latent: Source, options: PairOptions = {}): Promise<Pair> {
  const names = options.names ?? (["the original", "the latent"] as const);
  const { latents, ...read } = await readSpaces(original, [latent], { ...options, names });
  const { matrix, joined, rows, warnings } = latents[0]!;
  return {
    ...read,
    latent: matrix,
    joined,
    latentRows: rows,
    warnings: [...original.warnings, ...latent.warnings, ...read.warnings, ...warnings],
  };
}

/**
 * Reads a space and its latents. Those that have ids, as the original has, are matched by id, in the order of the original: rows
 * without a partner in each of the others are left out and recorded. The others are matched by order.
 *
 * @param options `names`: what the original and the latents are called in messages
 * @throws row-count-mismatch, duplicate-id, bad-value (no id in common), aborted, and what reading throws
 */
export async function readSpaces(
  original: Source,
  latents: readonly Source[],
  { names, ...watch }: Watch & { readonly names: readonly string[] },
): Promise<Spaces> {
  const ids = await original.ids?.();
  const warnings: Warning[][] = names.map(() => []);
  const keys: (readonly string[] | undefined)[] = [];
  for (const [i, latent] of latents.entries()) {
    const byId = ids !== undefined && latent.ids !== undefined;
    keys.push(byId ? await latent.ids() : undefined);
    if (byId) continue;
    checkSameRows(original, latent, [names[0]!, names[i + 1]!]);
    if (ids !== undefined) warnings[i + 1]!.push(idsIgnored(names[0]!, names[i + 1]!));
    else if (latent.ids !== undefined) warnings[i + 1]!.push(idsIgnored(names[i + 1]!, names[0]!));
  }
  const match = ids && keys.some((key) => key) ? matchIds(ids, keys, names, warnings) : undefined;
  const total = [original, ...latents].reduce((sum, { rows }) => sum + rows, 0);
  let before = 0;
  const read = async (source: Source, places: Int32Array | undefined) => {
    const matrix = await collect(source, places, { ...watch, before, total });
    before += source.rows;
    return matrix;
  };
  const x = await read(original, match?.[0]);
  const joined: JoinedLatent[] = [];
  for (const [i, latent] of latents.entries()) {
    const places = match?.[i + 1];
    joined.push({
      matrix: await read(latent, places),
      joined: keys[i] ? "id" : "order",
      rows: places && leavesAsIs(places, latent.rows),
      warnings: warnings[i + 1]!,
    });
  }
  return {
    original: x,
    latents: joined,
    ids: match && ids ? Array.from(match[0]!, (place) => ids[place]!) : ids,
    originalRows: match && leavesAsIs(match[0]!, original.rows),
    warnings: warnings[0]!,
  };
}

/** What a look through a matrix found. */
export interface Inspection {
  readonly warnings: readonly Warning[];
  /** For each row the first row equal to it; null when all rows differ. */
  readonly duplicates: Int32Array | null;
}

/**
 * Looks through a matrix before it is measured.
 *
 * @param name what it is called in messages
 * @param metric zero vectors have no direction: under "cosine" they are an error
 * @returns warnings (constant columns, repeated rows), and the groups of equal rows (see `duplicateGroups`)
 * @throws non-finite, zero-vector, too-few-rows, bad-value (all rows equal); all name rows
 */
export function inspectMatrix(m: Matrix, name: string, metric: string): Inspection {
  if (m.rows < 3) {
    throw new IsometerError("too-few-rows", `${name} has ${m.rows} ${m.rows === 1 ? "row" : "rows"}`, {
      needed: "at least 3 rows",
      got: String(m.rows),
      hint: "Distances between two rows have nothing to compare with: give more rows.",
    });
  }
  checkFinite(m, name);
  const hashes = rowHashes(m);
  if (metric === "cosine") checkDirections(m, name, hashes);
  const constant = constantColumns(m);
  if (constant.length === m.cols) {
    throw new IsometerError("bad-value", `all ${m.rows} rows of ${name} are equal: every distance is 0`, {
      hint: "Check that the right column or file was read.",
    });
  }
  const warnings: Warning[] = [];
  if (constant.length > 0) {
    const shownColumns = constant.slice(0, LISTED_ROWS).join(", ");
    const rest = constant.length - LISTED_ROWS;
    warnings.push({
      code: "constant-columns",
      message: `${name}: ${constant.length} of ${m.cols} columns never change (${shownColumns}${rest > 0 ? ` and ${rest} more` : ""})`,
      count: constant.length,
    });
  }
  const duplicates = duplicateGroups(m, hashes);
  const repeated = repeatedRows(duplicates);
  if (repeated.length > 0) {
    warnings.push({
      code: "duplicate-rows",
      message: `${name}: ${repeated.length.toLocaleString("en")} of ${m.rows.toLocaleString("en")} rows repeat an earlier row (${listRows(repeated)})`,
      rows: repeated.slice(0, LISTED_ROWS),
      count: repeated.length,
    });
  }
  return { warnings, duplicates };
}

/** Positions of the common ids in every input, in the order of the first; of an input without ids those of the first. */
function matchIds(
  ids: readonly string[],
  latentIds: readonly (readonly string[] | undefined)[],
  names: readonly string[],
  warnings: readonly Warning[][],
): Int32Array[] {
  const places = idPlaces(ids, names[0]!);
  const others = latentIds.map((own, i) => own && idPlaces(own, names[i + 1]!));
  let common = [...places].map(([id]) => id);
  for (const [i, other] of others.entries()) {
    if (!other) continue;
    const left = common.filter((id) => other.has(id));
    if (left.length === 0) throw nothingInCommon([common, latentIds[i]!], [names[0]!, names[i + 1]!]);
    common = left;
  }
  const kept = new Set(common);
  for (const [i, own] of [ids, ...latentIds].entries()) {
    const alone = own?.flatMap((id, row) => (kept.has(id) ? [] : [row])) ?? [];
    if (alone.length > 0) warnings[i]!.push(unmatched(names[i]!, own!, alone));
  }
  return [places, ...others].map((own) => Int32Array.from(common, (id) => (own ?? places).get(id)!));
}

function nothingInCommon(ids: readonly (readonly string[])[], names: readonly string[]): IsometerError {
  const [a, b] = ids.map((own) => nameList(own.slice(0, 3).map((id) => JSON.stringify(id))));
  return new IsometerError("bad-value", `${names[0]} and ${names[1]} have no id in common`, {
    needed: "the same ids in both inputs",
    got: `${a} ... against ${b} ...`,
    hint: `Ids are compared letter by letter: ${names[0]} has ${a}, ${names[1]} has ${b}.`,
  });
}

/** The row of each id. @throws duplicate-id with the ids and the rows they stand in. */
export function idPlaces(ids: readonly string[], name: string): Map<string, number> {
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

/** The rows of a source, or those at `places` in that order, in one shared matrix. */
async function collect(
  source: Source,
  places: Int32Array | undefined,
  { onProgress, signal, before, total }: Watch & { before: number; total: number },
): Promise<Matrix> {
  const { cols } = source;
  const rows = places?.length ?? source.rows;
  const data = sharedFloat32(rows * cols);
  const target = places && new Int32Array(source.rows).fill(-1);
  places?.forEach((place, i) => {
    target![place] = i;
  });
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
    onProgress?.({ stage: "reading", done: before + seen, total });
  }
  if (seen !== source.rows) throw truncatedError(shown(source.path), `${source.rows} rows`, `${seen} rows`);
  return { data, rows, cols };
}

/** @throws zero-vector: only rows with the hash of a zero row are looked at. */
function checkDirections(m: Matrix, name: string, hashes: Int32Array): void {
  const [zero] = rowHashes({ data: new Float32Array(m.cols), rows: 1, cols: m.cols });
  const rows: number[] = [];
  for (let i = 0; i < m.rows; i++) {
    if (hashes[i] !== zero) continue;
    if (m.data.subarray(i * m.cols, (i + 1) * m.cols).every((value) => value === 0)) rows.push(i);
  }
  if (rows.length === 0) return;
  throw new IsometerError("zero-vector", `${name} has zero vectors in ${listRows(rows)}`, {
    needed: "a direction in every row (metric cosine)",
    hint: "Remove these rows in both inputs, or use --metric euclidean.",
  });
}

/** Columns in which every row has the value of the first. */
function constantColumns(m: Matrix): number[] {
  let open = Array.from({ length: m.cols }, (_, c) => c);
  for (let i = 1; i < m.rows && open.length > 0; i++) {
    const start = i * m.cols;
    let changed = false;
    for (const c of open) changed ||= m.data[start + c] !== m.data[c];
    if (changed) open = open.filter((c) => m.data[start + c] === m.data[c]);
  }
  return open;
}

function repeatedRows(groups: Int32Array | null): number[] {
  const rows: number[] = [];
  groups?.forEach((first, i) => {
    if (first !== i) rows.push(i);
  });
  return rows;
}
