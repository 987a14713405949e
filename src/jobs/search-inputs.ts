import { IsometerError, type Matrix, type Points, type Warning, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/info.ts";
import type { InputRecord } from "../report/index.ts";
import type { SearchMetric } from "../spaces/search/index.ts";
import { AUDIT_DEFAULTS } from "./audit-options.ts";
import { type InputRead, type InputsRead, readInputs } from "./read-inputs.ts";
import { rowNumber } from "./row-numbers.ts";
import type { SearchValues } from "./search-options.ts";

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
  /** Null without an original. */
  readonly joined: Joined | null;
  readonly warnings: readonly Warning[];
  /** m x d: the vectors of items. @throws bad-value for one that is not there */
  vectorsOf(names: readonly string[]): Promise<Matrix>;
  /** The nearest of each query, nearest first; fewer than `count` where there are fewer. */
  nearest(vectors: Matrix, count: number, watch: Watch): Promise<readonly (readonly Found[])[]>;
  close(): Promise<void>;
}

/** Reads a file that is searched, and its original. */
export async function openFileSpace(
  path: string,
  options: SearchValues,
  engine: EngineInfo,
  watch: Watch,
): Promise<SearchSpace> {
  const { metric = "cosine", originalMetric, original, rows, id, ids, vector } = options;
  const values = { ...AUDIT_DEFAULTS, metric: originalMetric, latentMetric: metric, rows, id, ids, vector };
  const read = await readInputs(
    watch,
    original === undefined ? { original: path, latent: [] } : { original, latent: [path] },
    original === undefined ? { ...values, metric } : values,
  );
  const space = read.latents[0] ?? read.original;
  const { openSearched } = await import("../neighbors/index.ts");
  const { gatherPoints } = await import("../engine/index.ts");
  const searched = await openSearched(space.points, { metric, engine, name: space.name });
  return {
    name: space.name,
    records: [...(original === undefined ? [] : [read.original.record]), { ...space.record, role: "space" }],
    rows: space.points.rows,
    cols: space.points.cols,
    metric,
    joined: original === undefined ? null : { original: read.original.points, latent: space.points },
    warnings: [...new Set([read.original, space])].flatMap((side) => side.warnings.flat()),
    vectorsOf: async (names) =>
      gatherPoints(
        space.points,
        names.map((name) => rowNamed(read, space, name)),
      ),
    async nearest(vectors, count, { signal }) {
      const width = Math.min(count, space.points.rows);
      const { ids: found, distances } = await searched.nearest(vectors, width, signal ? { signal } : {});
      return Array.from({ length: vectors.rows }, (_, q) =>
        Array.from({ length: width }, (__, p) => {
          const at = found[q * width + p]!;
          const length = distances[q * width + p]!;
          return {
            name: read.ids ? read.ids[at]! : String(rowNumber(read.numbers, at)),
            at,
            row: rowNumber(read.numbers, at),
            distance: metric === "cosine" ? length ** 2 / 2 : length,
          };
        }),
      );
    },
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
