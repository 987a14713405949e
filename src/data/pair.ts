import {
  checkSameRows,
  IsometerError,
  LISTED_ROWS,
  type Points,
  sharedFloat32,
  throwIfAborted,
  type Warning,
  type Watch,
} from "../base/index.ts";
import { shown, truncatedError } from "./array-checks.ts";
import { nameList } from "./columns.ts";
import { spoolRows } from "./node-spool.ts";
import type { Source } from "./source.ts";

/** Two spaces of the same items: row i of both is one item. */
export interface Pair extends Omit<Spaces, "latents" | "joined" | "warnings"> {
  /** `n x d` */
  readonly latent: Points;
  /** Were rows matched by their ids? Otherwise by order. */
  readonly joined: "id" | "order";
  /** For each row its number in the latent input; undefined where the order is the same. */
  readonly latentRows: Int32Array | undefined;
  readonly warnings: readonly Warning[];
}

/** A space and latents of it: row i of all is one item. On shared memory; what is larger than HELD_BYTES stays in a file. */
export interface Spaces {
  /** `n x D` */
  readonly original: Points;
  readonly latents: readonly JoinedLatent[];
  /** The id of each row, where the original has ids. */
  readonly ids: readonly string[] | undefined;
  /** For each row its number in the original input (and so in its labels); undefined where nothing was left out. */
  readonly originalRows: Int32Array | undefined;
  /** What joining the original came upon. */
  readonly warnings: readonly Warning[];
  /** Removes what was written to temporary files; nothing can be read then. */
  close(): Promise<void>;
}

/** A latent, joined with its original. */
export interface JoinedLatent {
  /** `n x d` */
  readonly points: Points;
  readonly joined: "id" | "order";
  /** For each row its number in the input; undefined where the order is the same. */
  readonly rows: Int32Array | undefined;
  readonly warnings: readonly Warning[];
}

/** The names of the two inputs in messages; default "the original" and "the latent". */
export interface PairOptions extends Watch {
  readonly names?: readonly [string, string];
  /** Default HELD_BYTES. */
  readonly heldBytes?: number;
}

/** More bytes of float32 than this are not held in memory: they are read from the file, again and again. */
export const HELD_BYTES = 2 ** 30;

/** `readSpaces` of one latent. */
export async function readPair(original: Source, latent: Source, options: PairOptions = {}): Promise<Pair> {
  const names = options.names ?? (["the original", "the latent"] as const);
  const { latents, ...read } = await readSpaces(original, [latent], { ...options, names });
  const { points, joined, rows, warnings } = latents[0]!;
  return {
    ...read,
    latent: points,
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
  { names, ...how }: Omit<PairOptions, "names"> & { readonly names: readonly string[] },
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
  const placed: Placed[] = [];
  const close = async () => {
    for (const { remove } of placed) await remove();
  };
  try {
    for (const [i, source] of [original, ...latents].entries()) {
      placed.push(await place(source, match?.[i], { ...how, before, total }));
      before += source.rows;
    }
  } catch (error) {
    await close();
    throw error;
  }
  return {
    original: placed[0]!.points,
    latents: latents.map((latent, i) => {
      const places = match?.[i + 1];
      return {
        points: placed[i + 1]!.points,
        joined: keys[i] ? "id" : "order",
        rows: places && leavesAsIs(places, latent.rows),
        warnings: warnings[i + 1]!,
      };
    }),
    ids: match && ids ? Array.from(match[0]!, (row) => ids[row]!) : ids,
    originalRows: match && leavesAsIs(match[0]!, original.rows),
    warnings: warnings[0]!,
    close,
  };
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

/** Points, and how to be rid of what was written for them. */
export interface Placed {
  readonly points: Points;
  remove(): Promise<void>;
}

/** The rows of one source, or those at `places` in that order: held in memory, or left or written to where they are read from. */
export function readSpace(
  source: Source,
  { places, ...options }: Omit<PairOptions, "names"> & { readonly places?: Int32Array } = {},
): Promise<Placed> {
  return place(source, places, { ...options, before: 0, total: source.rows });
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
