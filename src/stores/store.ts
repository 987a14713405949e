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
  /** How many items there are, that a filter holds for. */
  count(filter?: Filter): Promise<number>;
  /**
   * Writes items; those whose ids are there are replaced. All of them or none, whatever happens.
   *
   * @throws bad-value another width, or fields that are none; duplicate-id within the items; non-finite; zero-vector under cosine; store-failed
   */
  upsert(items: Items): Promise<void>;
  /** The items of these ids that are there, in the order asked for. */
  get(ids: readonly string[]): Promise<Required<Items>>;
  /**
   * The nearest items of each query, nearest first; equal distances in no stated order. Fewer than k where there are fewer.
   *
   * @param vectors m x dims
   * @throws bad-value another width; bad-option another metric or map, or k; non-finite; zero-vector; store-failed
   */
  query(vectors: Matrix, options: QueryOptions): Promise<readonly (readonly Hit[])[]>;
  /** All items once, in an order of the store's own, some at a time. */
  scan(options?: { readonly filter?: Filter; readonly batchRows?: number }): AsyncIterable<Required<Items>>;
  /** Takes items out; how many there were. */
  remove(ids: readonly string[]): Promise<number>;
  close(): Promise<void>;
}
