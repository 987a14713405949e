import { deepFreeze, IsometerError, type Warning, type Watch } from "../base/index.ts";
import type { OpenedSource } from "../data/index.ts";
import { type IngestResult, ingestReport, type NextCommand } from "../report/index.ts";
import type { Fields, Store, StoreSchema } from "../stores/index.ts";
import { AUDIT_OPTIONS } from "./audit-options.ts";
import { shellQuote } from "./command-line.ts";
import * as common from "./common.ts";
import { choice, defineJob, flag, integer, type JobContext, list, text, type Values } from "./define.ts";
import { readFields } from "./ingest-fields.ts";
import { mapFingerprint } from "./ingest-map.ts";
import { ingestRows } from "./ingest-rows.ts";
import { checkObeyed, inputRecord, openOptions } from "./open.ts";
import { withSources } from "./read-inputs.ts";
import { secondsSince } from "./result.ts";
import { rowNumber, rowNumbersOf } from "./row-numbers.ts";
import { overall } from "./stages.ts";

const OPTIONS = {
  store: common.store,
  metric: choice({
    group: common.GROUPS.store,
    about: "how the store measures; fixed when it is made",
    placeholder: "NAME",
    choices: ["cosine", "euclidean"],
    otherwise: "that of the store; cosine for a new one",
  }),
  mapVersion: text({
    group: common.GROUPS.store,
    about: "what tells the map or model that made the vectors from another; a store takes those of one",
    placeholder: "TEXT",
  }),
  map: text({
    group: common.GROUPS.store,
    about: "the map that made the vectors, in place of --map-version: its fingerprint is kept",
    placeholder: "FILE.onnx",
  }),
  replace: flag({
    group: common.GROUPS.store,
    about: "take the new vector and fields where another item is there under an id; else that is an error",
  }),
  index: text({
    group: common.GROUPS.store,
    about:
      "then build this index of all items, where it is not there: ivf-rq, hnsw-sq (lance), hnsw, ivfflat (postgres)",
    placeholder: "KIND",
  }),
  batchRows: integer({
    group: common.GROUPS.store,
    about: "rows that are written at once: after an interruption whole batches are there",
    min: 1,
    otherwise: "what fits into 16 MB, or less where the store takes less",
  }),
  fields: list({
    group: common.GROUPS.data,
    about: "columns that are kept beside each vector, to filter by: one name, or several with commas between",
    placeholder: "COLUMNS",
  }),
  id: {
    ...common.id,
    about: "column that holds row ids",
    otherwise: "row numbers are the ids, counted from 0",
  },
  ids: {
    ...AUDIT_OPTIONS.ids,
    about: "ids of rows, for a file without a column of them: a file with one per row",
  },
  rows: common.rows,
  vector: common.vector,
  imageSize: common.imageSize,
  imageMode: common.imageMode,
};

type IngestValues = Values<typeof OPTIONS>;

/** Numbers of vectors that are written at once. */
const BATCH = 2 ** 22;

/** Writes rows of a file to a store, and goes on where an earlier run stopped. */
export const ingest = defineJob({
  name: "ingest",
  about: "write vectors with ids and fields to a store; can be resumed",
  details: [
    "The store is made where there is none: in a folder, and beyond a million rows by LanceDB where that is installed. Rows are read and written batch by batch; each batch is in the store as a whole or not at all, whatever happens, so that Ctrl-C and even kill -9 lose nothing that " +
      "was written, and the same command goes on.",
    "Rows that are there already are compared with what is given: the same item is left alone, another one under the same id is an error, or taken with --replace.",
  ],
  inputs: { space: { about: "the vectors: any file or folder that audit reads" } },
  options: OPTIONS,
  examples: [
    {
      command: "isometer ingest codes.npy --store index",
      about: "a store in the folder index, searched exactly, with nothing to install",
    },
    {
      command:
        "isometer ingest docs.parquet --id doc --fields title,year --map map.onnx --store lance:index --index ivf-rq",
      about: "with ids, fields to filter by and an index, for queries through the same map",
    },
  ],
  run: (ctx, { space }, options): Promise<IngestResult> => run(ctx, space, options),
  report: ingestReport,
});

async function run(ctx: JobContext, path: string, options: IngestValues): Promise<IngestResult> {
  const started = ctx.clock();
  const { store: address } = options;
  if (address === undefined) {
    throw new IsometerError("bad-option", "ingest needs --store: where the vectors are to go", {
      hint: "For instance --store index, a folder that need not be there yet.",
    });
  }
  if (options.ids.length > 1) {
    throw new IsometerError("bad-option", `--ids is given ${options.ids.length} times for one input`, {
      hint: "Give it once.",
    });
  }
  const { parseRange } = await import("../data/index.ts");
  const how = openOptions(options, parseRange);
  return withSources([{ path, options: how, ids: options.ids[0] }], async ([source]) => {
    checkObeyed(options, source!);
    const mapVersion = await mapVersionOf(options);
    const ids = await idsOf(source!);
    const fields = await readFields(source!, options.fields);
    const { addressFor } = await import("../stores/index.ts");
    const place = await addressFor(address, source!.rows);
    const { store, created } = await openOrCreate([address, place], source!.cols, mapVersion, options);
    try {
      const at = created ? place : address;
      return await written(ctx, {
        source: source!,
        ids,
        fields,
        store,
        created,
        address: at,
        options,
        started,
      });
    } finally {
      await store.close();
    }
  });
}

/** @throws bad-option where both are given */
async function mapVersionOf({ map, mapVersion }: IngestValues): Promise<string | null> {
  if (map === undefined) return mapVersion ?? null;
  if (mapVersion === undefined) return mapFingerprint(map);
  throw new IsometerError("bad-option", "--map and --map-version exclude each other", {
    hint: "Give the map itself, or what it is called.",
  });
}

/** The store at the first address; where there is none a new one at the second. @throws bad-value, bad-option where other vectors are in it, and what opening throws */
async function openOrCreate(
  [address, place]: readonly [string, string],
  dims: number,
  mapVersion: string | null,
  { metric }: IngestValues,
): Promise<{ readonly store: Store; readonly created: boolean }> {
  const { createStore, openStore } = await import("../stores/index.ts");
  let store: Store;
  try {
    store = await openStore(address);
  } catch (error) {
    if (!(error instanceof IsometerError) || error.code !== "missing-file") throw error;
    return {
      store: await createStore(place, { dims, metric: metric ?? "cosine", mapVersion }),
      created: true,
    };
  }
  try {
    checkFits(store.schema, { dims, metric, mapVersion });
    return { store, created: false };
  } catch (error) {
    await store.close();
    throw error;
  }
}

function checkFits(
  schema: StoreSchema,
  given: { readonly dims: number; readonly metric: string | undefined; readonly mapVersion: string | null },
): void {
  const { dims, metric, mapVersion } = given;
  if (dims !== schema.dims) {
    throw new IsometerError(
      "bad-value",
      `the rows have ${dims} numbers, vectors of the store ${schema.dims}`,
      {
        got: String(dims),
        needed: String(schema.dims),
        hint: "Send them through the map of the store first (isometer apply MAP), or name another store.",
      },
    );
  }
  if (metric !== undefined && metric !== schema.metric) {
    throw new IsometerError("bad-option", `the store measures by ${schema.metric}, not by ${metric}`, {
      got: metric,
      needed: schema.metric,
      hint: "Leave --metric out, or name another store.",
    });
  }
  if (mapVersion !== schema.mapVersion) {
    const own = schema.mapVersion;
    throw new IsometerError(
      "bad-option",
      own === null
        ? `the store does not say through which map its vectors came, these came through ${mapVersion}`
        : `the vectors of the store came through the map ${own}, these through ${mapVersion ?? "one that is not named"}`,
      {
        got: mapVersion ?? "no map",
        needed: own ?? "no map",
        hint:
          own === null
            ? "Leave --map and --map-version out if these came through the same, or write a new store."
            : `Give --map-version ${shellQuote(own)} if these came through it too, or write a new store: distances between two maps mean nothing.`,
      },
    );
  }
}

interface Part {
  readonly source: OpenedSource;
  readonly ids: readonly string[];
  readonly fields: readonly Fields[] | null;
  readonly store: Store;
  readonly created: boolean;
  readonly address: string;
  readonly options: IngestValues;
  readonly started: number;
}

async function written(ctx: JobContext, part: Part): Promise<IngestResult> {
  const { source, ids, fields, store, created, options, started } = part;
  const { FLAT_ROWS, showAddress } = await import("../stores/index.ts");
  const { index: kind } = options;
  checkIndex(kind, store);
  const watch = overall(ctx.watch, [
    { stage: "writing", says: "writing", share: 0.8 },
    ...(kind === undefined ? [] : [{ stage: "indexing", says: "building the index", share: 0.2 }]),
  ]);
  const batchRows = batchRowsOf(options, store);
  const numbers = rowNumbersOf(source, undefined);
  const began = ctx.clock();
  const counts = await ingestRows(
    store,
    { rows: source, name: source.path, ids, fields, numberOf: (row) => rowNumber(numbers, row) },
    { ...watch, batchRows, replace: options.replace },
  );
  const writing = (ctx.clock() - began) / 1000;
  if (kind !== undefined) await indexed(store, kind, watch);
  const shown = showAddress(part.address);
  const inAll = await store.count();
  return deepFreeze({
    schema: "isometer/ingest/1" as const,
    job: "ingest" as const,
    isometer: ctx.version,
    inputs: [inputRecord("space", source)],
    store: { kind: store.kind, address: shown, ...store.schema, index: await store.index(), created },
    options: resolved(options, batchRows),
    rows: { ...counts, given: source.rows, inAll },
    rowsPerSecond: writing > 0 ? source.rows / writing : 0,
    warnings: [...source.warnings, ...(store.kind === "flat" && inAll > FLAT_ROWS ? [crowded(inAll)] : [])],
    next: nextCommands(shown, ids[0]!),
    seconds: secondsSince(ctx.clock, started),
  });
}

function crowded(rows: number): Warning {
  return {
    code: "flat-store",
    message: `${rows.toLocaleString("en")} vectors lie in a flat store, which compares a query with all: beyond a million LanceDB answers sooner (npm install @lancedb/lancedb, then --store lance:DIR)`,
  };
}

/** @throws bad-option for a kind that the store does not build */
function checkIndex(kind: string | undefined, { indexKinds, kind: own }: Store): void {
  if (kind === undefined || indexKinds.includes(kind)) return;
  throw new IsometerError("bad-option", `a ${own} store builds no index ${JSON.stringify(kind)}`, {
    got: kind,
    needed: indexKinds.length > 0 ? indexKinds.join(", ") : "none",
    hint: indexKinds.length > 0 ? `There are ${indexKinds.join(", ")}.` : "Leave --index out.",
  });
}

/** Builds the index, unless it is there and whole. */
async function indexed(store: Store, kind: string, { signal, onProgress }: Watch): Promise<void> {
  const there = await store.index();
  if (there?.kind === kind && there.rows === (await store.count())) return;
  onProgress?.({ stage: "indexing", done: 0, total: 1 });
  await store.buildIndex?.(kind, { ...(signal && { signal }), ...(onProgress && { onProgress }) });
}

function batchRowsOf({ batchRows }: IngestValues, store: Store): number {
  const most = Math.min(store.batchRows, Math.max(1, Math.floor(BATCH / store.schema.dims)));
  if (batchRows === undefined) return most;
  if (batchRows <= store.batchRows) return batchRows;
  throw new IsometerError(
    "bad-option",
    `--batch-rows must be at most ${store.batchRows} for this store, got ${batchRows}`,
    { got: String(batchRows), needed: `1 to ${store.batchRows}`, hint: "Leave it out." },
  );
}

/** The id of each row: where the file has none, its number. @throws duplicate-id */
async function idsOf(source: OpenedSource): Promise<readonly string[]> {
  const ids = await source.ids?.();
  if (!ids) {
    const numbers = rowNumbersOf(source, undefined);
    return Array.from({ length: source.rows }, (_, row) => String(rowNumber(numbers, row)));
  }
  const { idPlaces } = await import("../data/index.ts");
  idPlaces(ids, source.path);
  return ids;
}

function resolved(options: IngestValues, batchRows: number): IngestResult["options"] {
  const { metric = null, mapVersion = null, map = null, replace, index = null, fields, id = null } = options;
  const { ids, rows = null, vector = null, imageSize = null, imageMode } = options;
  const read = { fields, id, ids, rows, vector, imageSize, imageMode };
  return { metric, mapVersion, map, replace, index, batchRows, ...read };
}

function nextCommands(address: string, id: string): NextCommand[] {
  return [
    {
      command: `isometer search ${shellQuote(address)} --like ${shellQuote(id)}`,
      why: "what is like one of its items",
    },
    {
      command: `isometer audit --store ${shellQuote(address)}`,
      why: "recall and latency of its search",
    },
  ];
}
