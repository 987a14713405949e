import { IsometerError, type Matrix, type Points, type Warning, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/info.ts";
import type { InputRecord, SearchHow, StoreRecall } from "../report/index.ts";
import type { SearchMetric } from "../spaces/search/index.ts";
import { AUDIT_DEFAULTS } from "./audit-options.ts";
import { type InputRead, type InputsRead, readInputs } from "./read-inputs.ts";
import { rowNumber } from "./row-numbers.ts";
import { checkFileOptions, type SearchValues } from "./search-options.ts";
import { type FileFields, readFields, rowsWhere } from "./search-where.ts";
import { parseWhere } from "./where.ts";

/** Something that was found. */
export interface Found {
  readonly name: string;
  /** Its row among those that are known in the original too; -1 where it is not. */
  readonly at: number;
  /** Number of its row in the file; null in a store. */
  readonly row: number | null;
  /** Length, or 1 - cos. */
  readonly distance: number;
}

/** Rows that are known in the original too: row i of both is one item. */
export interface Joined {
  /** n x D */
  readonly original: Points;
  /** n x d */
  readonly latent: Points;
}

/** What is searched: a file, or a store. */
export interface SearchSpace {
  /** What it is called in messages. */
  readonly name: string;
  readonly records: readonly InputRecord[];
  readonly rows: number;
  readonly cols: number;
  readonly metric: SearchMetric;
  /** What its vectors came through; null: nobody said. */
  readonly mapVersion: string | null;
  /** Null without an original. */
  readonly joined: Joined | null;
  readonly warnings: readonly Warning[];
  readonly how: Omit<SearchHow, "recall">;
  /** m x d: the vectors of items. @throws bad-value for one that is not there */
  vectorsOf(names: readonly string[]): Promise<Matrix>;
  /** m x D: what items are in the original; null where one of them is not there. */
  originalsOf(names: readonly string[]): Promise<Matrix | null>;
  /** The nearest of each query, nearest first; fewer than `count` where there are fewer. */
  nearest(vectors: Matrix, count: number, watch: Watch): Promise<readonly (readonly Found[])[]>;
  /** What the index finds of the nearest; null where the search is exact. */
  recall(sought: Matrix, own: readonly (string | null)[], watch: Watch): Promise<StoreRecall | null>;
  close(): Promise<void>;
}

/** Reads a file that is searched, and its original. */
export async function openFileSpace(
  path: string,
  options: SearchValues,
  engine: EngineInfo,
  watch: Watch,
): Promise<SearchSpace> {
  checkFileOptions(options);
  const { metric = "cosine", originalMetric, original, rows, id, ids, vector } = options;
  const values = { ...AUDIT_DEFAULTS, metric: originalMetric, latentMetric: metric, rows, id, ids, vector };
  const clauses = parseWhere(options.where);
  let fields: FileFields | null = null;
  const read = await readInputs(
    watch,
    original === undefined ? { original: path, latent: [] } : { original, latent: [path] },
    original === undefined ? { ...values, metric } : values,
    async (sources) => {
      if (clauses.length > 0) fields = await readFields(sources, clauses);
    },
  );
  try {
    const kept = fields && rowsWhere(fields, clauses, read);
    return await spaceOf(read, { kept, metric, hasOriginal: original !== undefined }, engine);
  } catch (error) {
    await read.close();
    throw error;
  }
}

interface Chosen {
  /** Rows that are searched; null: all. */
  readonly kept: Int32Array | null;
  readonly metric: SearchMetric;
  readonly hasOriginal: boolean;
}

async function spaceOf(
  read: InputsRead,
  { kept, metric, hasOriginal }: Chosen,
  engine: EngineInfo,
): Promise<SearchSpace> {
  const { openSearched } = await import("../neighbors/index.ts");
  const { gatherPoints } = await import("../engine/index.ts");
  const space = read.latents[0] ?? read.original;
  const latent = kept ? gatherPoints(space.points, kept) : space.points;
  const original = kept && hasOriginal ? gatherPoints(read.original.points, kept) : read.original.points;
  const searched = await openSearched(latent, { metric, engine, name: space.name });
  const rowsNamed = (names: readonly string[]) => names.map((name) => rowNamed(read, space, name));
  const foundAt = (at: number, length: number): Found => {
    const row = kept ? kept[at]! : at;
    const number = rowNumber(read.numbers, row);
    return {
      name: read.ids ? read.ids[row]! : String(number),
      at,
      row: number,
      distance: metric === "cosine" ? length ** 2 / 2 : length,
    };
  };
  return {
    name: space.name,
    records: [...(hasOriginal ? [read.original.record] : []), { ...space.record, role: "space" }],
    rows: latent.rows,
    cols: latent.cols,
    metric,
    mapVersion: null,
    joined: hasOriginal ? { original, latent } : null,
    warnings: [...new Set([read.original, space])].flatMap((side) => side.warnings.flat()),
    how: { kind: "file", exact: true, index: null, tuning: {} },
    vectorsOf: async (names) => gatherPoints(space.points, rowsNamed(names)),
    originalsOf: async (names) => gatherPoints(read.original.points, rowsNamed(names)),
    async nearest(vectors, count, { signal }) {
      const width = Math.min(count, latent.rows);
      const { ids, distances } = await searched.nearest(vectors, width, signal ? { signal } : {});
      return Array.from({ length: vectors.rows }, (_, q) =>
        Array.from({ length: width }, (__, p) => foundAt(ids[q * width + p]!, distances[q * width + p]!)),
      );
    },
    recall: async () => null,
    close: read.close,
  };
}

/** The row of an id, or of a number in the file. @throws bad-value */
function rowNamed({ ids, numbers }: InputsRead, { points, name }: InputRead, wanted: string): number {
  if (ids) {
    const row = ids.indexOf(wanted);
    if (row >= 0) return row;
  } else {
    for (let row = 0; row < points.rows; row++) if (String(rowNumber(numbers, row)) === wanted) return row;
  }
  throw new IsometerError("bad-value", `${name} has no row ${wanted}`, {
    got: wanted,
    hint: ids
      ? `Ids are such as ${JSON.stringify(ids[0])}.`
      : `Rows are counted from 0 to ${points.rows - 1}.`,
  });
}
