import {
  IsometerError,
  LISTED_ROWS,
  type Matrix,
  rng,
  sharedFloat32,
  throwIfAborted,
  type Warning,
  type Watch,
} from "../base/index.ts";
import type { Source } from "../data/index.ts";
import type { EngineInfo } from "../engine/info.ts";
import type { Filter, Hit, QueryOptions, Store } from "../stores/index.ts";
import { asFlag } from "./arguments.ts";
import { checkObeyed, inputRecord, openOptions } from "./open.ts";
import { withSources } from "./read-inputs.ts";
import { defined } from "./result.ts";
import { rowNumber, rowNumbersOf } from "./row-numbers.ts";
import type { Found, Joined, SearchSpace } from "./search-inputs.ts";
import { SEARCH_OPTIONS, type SearchValues } from "./search-options.ts";
import { sampleVectors, storeRecall } from "./search-recall.ts";
import { checkTunings, parseTunings } from "./search-tuning.ts";
import { storeFilter } from "./where.ts";

/** Opens a store that is searched, and reads its original where trust is asked for. */
export async function openStoreSpace(
  address: string,
  options: SearchValues,
  engine: EngineInfo,
  watch: Watch,
): Promise<SearchSpace> {
  checkStoreOptions(options);
  const { openStore, showAddress } = await import("../stores/index.ts");
  const store = await openStore(address, { engine, readOnly: true });
  try {
    return await spaceOf(store, showAddress(address), options, watch);
  } catch (error) {
    await store.close();
    throw asFlag(error, SEARCH_OPTIONS);
  }
}

async function spaceOf(
  store: Store,
  name: string,
  options: SearchValues,
  watch: Watch,
): Promise<SearchSpace> {
  const filter = await storeFilter(store, options.where);
  const index = await store.index();
  const { dims, metric } = store.schema;
  const asked = { ...askedOf(options), ...(filter && { filter }) };
  // What the store refuses is told before anything is learnt.
  await store.query(
    { data: new Float32Array(0), rows: 0, cols: dims },
    { ...asked, nNeighbors: options.nNeighbors },
  );
  const rows = await store.count(filter);
  if (rows === 0) throw nothingThere(name, options.where);
  const known = options.original === undefined ? null : await joinOriginal(store, filter, options, watch);
  const exact = index === null || options.exact;
  return {
    name,
    records: [
      ...(known ? [known.record] : []),
      { role: "space", path: name, format: store.kind, dtype: "float32", rows, cols: dims },
    ],
    rows,
    cols: dims,
    metric,
    mapVersion: store.schema.mapVersion,
    joined: known?.joined ?? null,
    warnings: known?.warnings ?? [],
    how: { kind: store.kind, exact, index, tuning: asked.tuning ?? {} },
    vectorsOf: (names) => vectorsNamed(store, name, names),
    originalsOf: (names) => originalsNamed(known, names),
    async nearest(vectors, count, { signal }) {
      const hits = await store.query(vectors, { ...asked, ...defined({ signal }), nNeighbors: count });
      return hits.map((own) => own.map((hit) => foundOf(hit, known)));
    },
    async recall(sought, own, { signal }) {
      if (exact) return null;
      const drawn = await sampleVectors(store, filter, sought.rows, rng(options.seed).split("recall"));
      const how = { ...asked, ...defined({ signal }), nNeighbors: options.nNeighbors };
      return storeRecall(store, how, { sought, own }, drawn);
    },
    close: async () => {
      await known?.remove();
      await store.close();
    },
  };
}

async function originalsNamed(known: Known | null, names: readonly string[]): Promise<Matrix | null> {
  const rows = names.map((id) => known?.places.get(id) ?? -1);
  const { gatherPoints } = await import("../engine/index.ts");
  return known && !rows.includes(-1) ? gatherPoints(known.joined.original, rows) : null;
}

const foundOf = ({ id, distance }: Hit, known: Known | null): Found => ({
  name: id,
  at: known?.places.get(id) ?? -1,
  row: null,
  distance,
});

function nothingThere(name: string, where: readonly string[]): IsometerError {
  return where.length === 0
    ? new IsometerError("empty-input", `the store ${name} is empty`, { hint: "Write items to it first." })
    : new IsometerError("bad-value", "--where leaves no item", {
        got: where.join(" and "),
        hint: "Values are compared as they are stored; in quotes they are text.",
      });
}

/** Refuses what is for files. @throws bad-option */
function checkStoreOptions({ rows, vector, id, ids, original }: SearchValues): void {
  const forFiles = original === undefined ? { rows, vector, id, ids: ids[0] } : { rows };
  for (const [name, value] of Object.entries(forFiles)) {
    if (value === undefined) continue;
    throw new IsometerError("bad-option", `--${name} is for files, SPACE is a store`, {
      got: value,
      hint: `Leave --${name} out; --where chooses items of a store.`,
    });
  }
}

/** What every query of the store is told. */
function askedOf({ metric, mapVersion, exact, tune }: SearchValues): Omit<QueryOptions, "nNeighbors"> {
  checkTunings(tune, exact);
  return {
    exact,
    ...defined({ metric, mapVersion }),
    ...(tune.length > 0 && { tuning: parseTunings(tune) }),
  };
}

async function vectorsNamed(store: Store, name: string, names: readonly string[]): Promise<Matrix> {
  const { gatherRows } = await import("../base/index.ts");
  const { ids, vectors } = await store.get([...new Set(names)]);
  const places = new Map(ids.map((id, i) => [id, i]));
  const missing = names.find((id) => !places.has(id));
  if (missing === undefined)
    return gatherRows(
      vectors,
      names.map((id) => places.get(id)!),
    );
  throw new IsometerError("bad-value", `${name} has no item ${missing}`, {
    got: missing,
    hint: "Ids are compared letter by letter.",
  });
}

interface Known {
  readonly joined: Joined;
  /** Row of each id in both. */
  readonly places: ReadonlyMap<string, number>;
  readonly record: SearchSpace["records"][number];
  readonly warnings: readonly Warning[];
  remove(): Promise<void>;
}

/** Reads the original of the items of a store, row i of both being one item. Holds their vectors in memory. */
async function joinOriginal(
  store: Store,
  filter: Filter | undefined,
  options: SearchValues,
  watch: Watch,
): Promise<Known> {
  const { idPlaces, inspectPoints, parseRange, readSpace } = await import("../data/index.ts");
  const { original: path, id, ids, vector } = options;
  const how = openOptions(
    { rows: undefined, id, vector, imageSize: undefined, imageMode: "grey" },
    parseRange,
  );
  return withSources([{ path: path!, options: how, ids: ids[0] }], async ([source]) => {
    checkObeyed({ vector, id, imageSize: undefined }, source!);
    const originalIds = source!.ids ? await source!.ids() : rowNames(source!);
    const there = idPlaces(originalIds, path!);
    const { items, alone } = await knownItems(store, filter, there, watch);
    if (!source!.ids && alone.count > 0) throw unnamed(source!);
    if (items.length === 0) throw nothingShared(alone);
    const latent = { data: sharedFloat32(items.length * store.schema.dims), rows: items.length };
    items.forEach(({ vector: own }, i) => {
      latent.data.set(own, i * store.schema.dims);
    });
    const { points, remove } = await readSpace(source!, {
      ...watch,
      places: Int32Array.from(items, ({ row }) => row),
    });
    const { warnings } = await inspectPoints(points, path!, options.originalMetric);
    return {
      joined: { original: points, latent: { ...latent, cols: store.schema.dims } },
      places: new Map(items.map(({ row }, i) => [originalIds[row]!, i])),
      record: inputRecord("original", source!),
      warnings: [...source!.warnings, ...warnings, ...unmatched(alone, items.length)],
      remove,
    };
  });
}

/** What `ingest` calls rows without ids: their numbers. */
function rowNames(source: Source): readonly string[] {
  const numbers = rowNumbersOf(source, undefined);
  return Array.from({ length: source.rows }, (_, i) => String(rowNumber(numbers, i)));
}

function unnamed({ path }: Source): IsometerError {
  return new IsometerError("bad-option", `the rows of ${path} need the ids that the store has`, {
    hint: "Give --id COLUMN where the file has a column of ids, else --ids FILE with one id per row.",
  });
}

interface Item {
  readonly row: number;
  readonly vector: Float32Array;
}

/** The items of the store that the original has, in the order of its rows, and the ids of some that it has not. */
async function knownItems(
  store: Store,
  filter: Filter | undefined,
  there: ReadonlyMap<string, number>,
  { signal, onProgress }: Watch,
): Promise<{ items: Item[]; alone: { count: number; first: string[] } }> {
  const items: Item[] = [];
  const alone = { count: 0, first: [] as string[] };
  const total = await store.count(filter);
  for await (const { ids, vectors } of store.scan(filter ? { filter } : {})) {
    throwIfAborted(signal);
    for (const [i, id] of ids.entries()) {
      const row = there.get(id);
      if (row !== undefined)
        items.push({ row, vector: vectors.data.slice(i * vectors.cols, (i + 1) * vectors.cols) });
      else if (alone.count++ < LISTED_ROWS) alone.first.push(id);
    }
    onProgress?.({ stage: "reading", done: items.length + alone.count, total });
  }
  return { items: items.sort((a, b) => a.row - b.row), alone };
}

function nothingShared(alone: { readonly first: readonly string[] }): IsometerError {
  return new IsometerError("bad-value", "the store and its original have no id in common", {
    got: alone.first.join(", "),
    needed: "the same ids in both",
    hint: "Ids are compared letter by letter.",
  });
}

function unmatched({ count, first }: { count: number; first: readonly string[] }, known: number): Warning[] {
  if (count === 0) return [];
  return [
    {
      code: "rows-unmatched",
      message: `${count} of ${count + known} items of the store are not in the original (${first.join(", ")}${count > first.length ? " ..." : ""}): nothing is known of how far they can be trusted`,
      count,
    },
  ];
}
