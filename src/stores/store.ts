import type { Matrix, Watch } from "../base/index.ts";
import type { Filter } from "./filter.ts";

/** What a field of an item may hold. */
export type FieldValue = string | number | boolean | null;
export type Fields = Readonly<Record<string, FieldValue>>;

/** How a store measures. `cosine`: 1 - cos, 0 to 2. `euclidean`: the length itself. */
export const STORE_METRICS = ["cosine", "euclidean"] as const;
export type StoreMetric = (typeof STORE_METRICS)[number];

/** What all items of a store have in common. Fixed when the store is made. */
export interface StoreSchema {
  /** Numbers of a vector. */
  readonly dims: number;
  readonly metric: StoreMetric;
  /** What tells the map that made the vectors from another: queries have to go through the same. Null: nobody said. */
  readonly mapVersion: string | null;
}

/** Some items: row i of `vectors` and `fields[i]` belong to `ids[i]`. */
export interface Items {
  readonly ids: readonly string[];
  /** n x dims */
  readonly vectors: Matrix;
  /** Default: none. */
  readonly fields?: readonly Fields[];
}

export interface QueryOptions extends Watch {
  /** k */
  readonly nNeighbors: number;
  /** Only items that it holds for. */
  readonly filter?: Filter;
  /** Leave the index of the store aside. Default false; a store without an index is exact anyway. */
  readonly exact?: boolean;
  /** Refused where it is not the metric of the store. */
  readonly metric?: StoreMetric;
  /** Refused where the vectors came through another map. */
  readonly mapVersion?: string;
  /** What this query tells the index: names and defaults are in `tunings` of the store. Nothing to an exact query. */
  readonly tuning?: Readonly<Record<string, number>>;
}

/** What a query that is not exact can tell the index of a store: more of it finds more, and takes longer. */
export interface Tuning {
  readonly name: string;
  readonly about: string;
  readonly default: number;
  /** Values worth trying, ascending; the default is one of them. */
  readonly ladder: readonly number[];
  /** Kinds of index that it tells something. */
  readonly indexes: readonly string[];
}

/** The index of a store. */
export interface IndexState {
  /** One of `indexKinds`, or what the store calls it. */
  readonly kind: string;
  /** Items that are in it. A query looks at the others one by one. */
  readonly rows: number;
}

/** How an index is built. Defaults are those of the store. */
export interface BuildOptions extends Watch {
  /** Links of a node of the graph (hnsw, hnsw-sq). */
  readonly links?: number;
  /** Candidates looked at while the graph is built (hnsw, hnsw-sq). */
  readonly effort?: number;
  /** Cells (ivf-rq, ivfflat). */
  readonly partitions?: number;
}

/** An item that was found. */
export interface Hit {
  readonly id: string;
  /** Measured anew in float64 from the float32 vectors that the store holds, whatever the store says of it. */
  readonly distance: number;
  readonly fields: Fields;
}

/** Vectors with ids and fields, to be written to and searched. */
export interface Store {
  /** The kind of store, such as "flat". */
  readonly kind: string;
  readonly schema: StoreSchema;
  /** Vectors come back divided by their lengths, rounded to float32 (Qdrant under cosine); else as they were given, bit for bit. */
  readonly unitRows: boolean;
  /** The number of items that are best written at once, and the most that one `upsert` is sure to take. */
  readonly batchRows: number;
  /** What queries can tell its indexes. None: every query is exact. */
  readonly tunings: readonly Tuning[];
  /** The kinds of index that `buildIndex` builds. */
  readonly indexKinds: readonly string[];
  /** The index that there is now. Null: queries compare with every vector. */
  index(): Promise<IndexState | null>;
  /**
   * Builds an index of all items that are there, in place of the one that was.
   *
   * @throws bad-option for another kind, or where the store cannot index so many dimensions; too-few-rows; store-failed
   */
  buildIndex?(kind: string, options?: BuildOptions): Promise<void>;
  /** How many items there are, that a filter holds for. */
  count(filter?: Filter): Promise<number>;
  /**
   * Writes items; those whose ids are there are replaced. All of them or none, whatever happens.
   *
   * @throws bad-value another width, or fields that are none; duplicate-id within the items; non-finite; zero-vector under cosine; too-large beyond `batchRows`, where the store cannot; store-failed
   */
  upsert(items: Items): Promise<void>;
  /** The items of these ids that are there, in the order asked for. */
  get(ids: readonly string[]): Promise<Required<Items>>;
  /**
   * The nearest items of each query, nearest first; equal distances in no stated order. Fewer than k where there are fewer.
   *
   * @param vectors m x dims
   * @throws bad-value another width; bad-option another metric or map, k, or an unknown tuning; non-finite; zero-vector; store-failed
   */
  query(vectors: Matrix, options: QueryOptions): Promise<readonly (readonly Hit[])[]>;
  /** All items once, in an order of the store's own, some at a time. */
  scan(options?: { readonly filter?: Filter; readonly batchRows?: number }): AsyncIterable<Required<Items>>;
  /** Takes items out; how many there were. */
  remove(ids: readonly string[]): Promise<number>;
  close(): Promise<void>;
}
