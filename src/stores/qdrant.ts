import { createHash } from "node:crypto";
import type { QdrantClient } from "@qdrant/js-client-rest";
import { checkInteger, IsometerError, type Matrix, ranges } from "../base/index.ts";
import { checkFilter, type Filter } from "./filter.ts";
import { checkItems, checkQuery, checkSchema, settings } from "./items.ts";
import { completed, inOrder, inTurns, joinItems, nearestOf } from "./measured.ts";
import {
  alreadyThere,
  type Failures,
  loadPeer,
  nothingThere,
  parseSchema,
  schemaText,
  told,
} from "./peer.ts";
import { fieldsOf, payloadOf, qdrantFilter, type StoredPayload } from "./qdrant-filter.ts";
import type {
  Hit,
  IndexState,
  Items,
  QueryOptions,
  Store,
  StoreMetric,
  StoreSchema,
  Tuning,
} from "./store.ts";

/** Where a collection is. */
export interface QdrantPlace {
  readonly url: string;
  readonly collection: string;
  /** For messages. */
  readonly place: string;
}

/** Qdrant takes requests of 32 MB; a number of a vector is written with up to 22 characters, a comma, and room is left for fields. */
const REQUEST_BYTES = 24e6;
const NUMBER_BYTES = 23;
const FIELD_BYTES = 400;
/** Queries, and ids, in one request. */
const TOGETHER = 64;
const SOME_IDS = 1000;
/** More candidates than answers where float32 decides who is among them. */
const SPARE = 8;
const MOST_DIMS = 65_535;

const DISTANCES = { cosine: "Cosine", euclidean: "Euclid" } as const satisfies Record<StoreMetric, string>;

const TUNINGS: readonly Tuning[] = [
  {
    name: "hnsw_ef",
    about: "candidates that the graph is searched for",
    default: 128,
    ladder: [16, 32, 64, 128, 256, 512],
    indexes: ["hnsw"],
  },
  {
    name: "oversampling",
    about: "candidates per answer that are measured by their vectors, in a quantised collection",
    default: 2,
    ladder: [1, 1.5, 2, 3, 4, 8],
    indexes: ["hnsw"],
  },
];

/** An open collection, and what is known of it. */
interface Qdrant {
  readonly client: QdrantClient;
  readonly collection: string;
  readonly schema: StoreSchema;
}

/** A point as Qdrant gives it back. */
interface Point {
  readonly payload?: unknown;
  readonly vector?: unknown;
}

const failuresOf = (place: string): Failures => ({
  place,
  full: /No space left|disk full|507/i,
  gone: /ECONN|ENOTFOUND|EHOSTUNREACH|fetch failed|terminated|aborted|socket|doesn't exist|Not Found/i,
  check:
    "Check that the server runs, that the collection is there, and QDRANT_API_KEY where it asks for a key.",
});

async function connected(url: string): Promise<QdrantClient> {
  const { QdrantClient: Client } = await loadPeer(
    "@qdrant/js-client-rest",
    () => import("@qdrant/js-client-rest"),
  );
  const key = process.env.QDRANT_API_KEY;
  // The key goes as a header: given as a key, the client would print to the console.
  return new Client({ url, checkCompatibility: false, ...(key ? { headers: { "api-key": key } } : {}) });
}

/** Makes an empty collection, with the schema of the store in its metadata. @throws file-exists, bad-option, store-failed */
export async function createQdrantStore(at: QdrantPlace, schema: StoreSchema): Promise<Store> {
  checkSchema(schema);
  checkInteger("dims", schema.dims, 1, MOST_DIMS);
  const { url, collection, place } = at;
  await told(failuresOf(place), async () => {
    const client = await connected(url);
    if ((await client.collectionExists(collection)).exists) throw alreadyThere(place);
    // The client's own method leaves metadata out.
    await client.api().createCollection({
      collection_name: collection,
      vectors: { size: schema.dims, distance: DISTANCES[schema.metric] },
      metadata: { isometer: schemaText(schema) },
    });
    const { config } = await client.getCollection(collection);
    if (config.metadata?.isometer === undefined) {
      await client.deleteCollection(collection);
      throw new IsometerError("store-failed", `${place}: this Qdrant keeps no metadata of collections`, {
        needed: "Qdrant 1.16 or newer",
        hint: "Update the server: the metric and the version of the map are kept there.",
      });
    }
  });
  return openQdrantStore(at);
}

/**
 * Opens a collection that `createQdrantStore` has made. Points are named by hashes of ids, ids and fields are payload. Qdrant indexes by itself, once there are enough vectors. Distances are measured
 * anew from the vectors; under cosine Qdrant keeps unit rows, and these come back. The key of the server is read from QDRANT_API_KEY.
 *
 * Texts can be asked for by `eq`, `ne` and `in`, but not compared: Qdrant cannot. Numbers of fields that are not whole keep about 15 digits.
 *
 * @throws missing-file, bad-format, store-failed
 */
export async function openQdrantStore({ url, collection, place }: QdrantPlace): Promise<Store> {
  const failures = failuresOf(place);
  return told(failures, async () => {
    const client = await connected(url);
    if (!(await client.collectionExists(collection)).exists) throw nothingThere(place);
    const { config } = await client.getCollection(collection);
    const schema = parseSchema(config.metadata?.isometer, place);
    return qdrantStore({ client, collection, schema }, failures);
  });
}

function qdrantStore(own: Qdrant, failures: Failures): Store {
  const { schema } = own;
  const batchRows = Math.max(1, Math.floor(REQUEST_BYTES / (NUMBER_BYTES * schema.dims + FIELD_BYTES)));
  const guarded = <T>(work: () => Promise<T>): Promise<T> => told(failures, work);
  let last: Promise<unknown> = Promise.resolve();
  const write = <T>(work: () => Promise<T>): Promise<T> => {
    const next = last.then(() => guarded(work));
    last = next.catch(() => {});
    return next;
  };
  return {
    kind: "qdrant",
    schema,
    unitRows: schema.metric === "cosine",
    batchRows,
    tunings: TUNINGS,
    indexKinds: [],
    index: () => guarded(() => indexOf(own)),
    count: (filter) => guarded(() => counted(own, filter)),
    async upsert(items) {
      checkItems(items, schema);
      if (items.ids.length > batchRows) throw tooMany(items.ids.length, batchRows);
      if (items.ids.length > 0) await write(() => upserted(own, items));
    },
    get: (ids) => guarded(() => itemsOfIds(own, ids)),
    async query(vectors, options) {
      checkQuery(vectors, options, schema, TUNINGS);
      return guarded(() => queried(own, vectors, options));
    },
    async *scan({ filter, batchRows: limit = 1000 } = {}) {
      const asked = { ...conditionsOf(filter), limit, with_payload: true, with_vector: true };
      for (let offset: Offset = null; ; ) {
        const from = offset === null ? asked : { ...asked, offset };
        const page = await guarded(() => own.client.scroll(own.collection, from));
        if (page.points.length > 0) yield itemsOf(page.points, schema.dims);
        offset = (page.next_page_offset ?? null) as Offset;
        if (offset === null) return;
      }
    },
    remove: (ids) => write(() => removed(own, ids)),
    async close() {
      await last;
    },
  };
}

type Offset = string | number | null;

/** One request is whole or not at all; several would not be. */
function tooMany(rows: number, most: number): IsometerError {
  return new IsometerError("too-large", `${rows} items do not fit into one request to Qdrant`, {
    got: String(rows),
    needed: `at most ${most} items`,
    hint: `Write at most ${most} at a time: each part is then stored whole or not at all.`,
  });
}

/** A name of a point, as Qdrant wants it: a UUID (version 8) of the id's SHA-256. */
function pointOf(id: string): string {
  const hash = createHash("sha256").update(id).digest("hex");
  const variant = ((Number.parseInt(hash[16]!, 16) & 3) | 8).toString(16);
  const parts = [
    hash.slice(0, 8),
    hash.slice(8, 12),
    `8${hash.slice(13, 16)}`,
    `${variant}${hash.slice(17, 20)}`,
  ];
  return [...parts, hash.slice(20, 32)].join("-");
}

function itemsOf(points: readonly Point[], dims: number): Required<Items> {
  const data = new Float32Array(points.length * dims);
  points.forEach(({ vector }, i) => {
    data.set(vector as number[], i * dims);
  });
  const payloads = points.map(({ payload }) => payload as StoredPayload);
  return {
    ids: payloads.map(({ id }) => id),
    vectors: { data, rows: points.length, cols: dims },
    fields: payloads.map(fieldsOf),
  };
}

function conditionsOf(filter: Filter | undefined): { readonly filter?: Record<string, unknown> } {
  if (!filter) return {};
  checkFilter(filter);
  return { filter: qdrantFilter(filter) };
}

async function counted({ client, collection }: Qdrant, filter: Filter | undefined): Promise<number> {
  return (await client.count(collection, { ...conditionsOf(filter), exact: true })).count;
}

async function indexOf({ client, collection }: Qdrant): Promise<IndexState | null> {
  const { indexed_vectors_count: rows } = await client.getCollection(collection);
  return rows ? { kind: "hnsw", rows } : null;
}

async function upserted({ client, collection }: Qdrant, { ids, vectors, fields }: Items): Promise<void> {
  const { data, cols } = vectors;
  const points = ids.map((id, i) => ({
    id: pointOf(id),
    vector: Array.from(data.subarray(i * cols, (i + 1) * cols)),
    payload: payloadOf(id, fields?.[i] ?? {}),
  }));
  await client.upsert(collection, { wait: true, points });
}

async function itemsOfIds(
  { client, collection, schema }: Qdrant,
  ids: readonly string[],
): Promise<Required<Items>> {
  const parts: Required<Items>[] = [];
  for (const [start, end] of ranges(ids.length, SOME_IDS)) {
    const some = ids.slice(start, end).map(pointOf);
    const found = await client.retrieve(collection, { ids: some, with_payload: true, with_vector: true });
    parts.push(itemsOf(found, schema.dims));
  }
  return inOrder(ids, joinItems(parts, schema.dims));
}

async function removed({ client, collection }: Qdrant, ids: readonly string[]): Promise<number> {
  const points = [...new Set(ids)].map(pointOf);
  if (points.length === 0) return 0;
  const there = await client.count(collection, { filter: { must: [{ has_id: points }] }, exact: true });
  await client.delete(collection, { wait: true, points });
  return there.count;
}

async function queried(own: Qdrant, vectors: Matrix, options: QueryOptions): Promise<readonly Hit[][]> {
  const { exact = false, nNeighbors, tuning } = options;
  const ofAll = (some: Matrix) => answered(own, some, options, { exact: true }, nNeighbors + SPARE);
  if (exact) return ofAll(vectors);
  const set = settings(TUNINGS, tuning);
  const quantization = { rescore: true, oversampling: set.oversampling! };
  const params = { hnsw_ef: Math.max(nNeighbors, Math.round(set.hnsw_ef!)), quantization };
  const found = await answered(own, vectors, options, params, nNeighbors);
  return completed(found, vectors, nNeighbors, ofAll);
}

/** Asks for candidates, some queries a request, and measures them. */
function answered(
  { client, collection, schema }: Qdrant,
  { data, rows, cols }: Matrix,
  options: QueryOptions,
  params: object,
  limit: number,
): Promise<Hit[][]> {
  const conditions = conditionsOf(options.filter);
  return inTurns(rows, TOGETHER, 1, options, async (start, end) => {
    const queries = Array.from({ length: end - start }, (_, i) =>
      data.subarray((start + i) * cols, (start + i + 1) * cols),
    );
    const searches = queries.map((query) => ({
      ...conditions,
      query: Array.from(query),
      limit,
      params,
      with_payload: true,
      with_vector: true,
    }));
    const found = await client.queryBatch(collection, { searches });
    return found.map(({ points }, i) =>
      nearestOf(queries[i]!, itemsOf(points, cols), options.nNeighbors, schema.metric),
    );
  });
}
