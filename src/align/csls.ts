import { checkInteger, IsometerError, type Matrix, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import { toUnitRows } from "../linalg/index.ts";
import { nearestNeighbors } from "../neighbors/index.ts";

/** How rows are sought across spaces: the nearest, or the nearest once hubs are held down. */
export const ALIGN_SEARCHES = ["nearest", "csls"] as const;
export type AlignSearch = (typeof ALIGN_SEARCHES)[number];

/** @throws bad-option for an unknown search, and for `csls` where rows are not compared by cosine */
export function checkSearch(search: AlignSearch, metric: "cosine" | "euclidean"): void {
  if (!ALIGN_SEARCHES.includes(search)) {
    throw new IsometerError(
      "bad-option",
      `search must be one of ${ALIGN_SEARCHES.join(", ")}, got ${search}`,
    );
  }
  if (search === "csls" && metric !== "cosine") {
    throw new IsometerError("bad-option", "csls corrects cosines", {
      got: metric,
      hint: "Search by csls with metric cosine, or by nearest.",
    });
  }
}

export interface HubnessOptions extends Watch {
  readonly engine: EngineInfo;
  /** k, the queries that tell how much of a hub a row is. Default 10, as in the paper; fewer where there are fewer queries. */
  readonly nNeighbors?: number;
}

/** Queries and rows in one more dimension: euclidean distance between them goes as CSLS. */
export interface HubnessCorrected {
  /** m x (d + 1), the last number 0. */
  readonly queries: Matrix;
  /** n x (d + 1) */
  readonly rows: Matrix;
  /** r, n: the mean cosine of each row with its k nearest queries, -1 to 1. */
  readonly density: Float64Array;
}

/**
 * Queries and rows whose euclidean neighbours are those of CSLS, cross-domain similarity local scaling (Conneau et al. 2018, "Word translation without parallel data", section 2.3):
 * 2 cos(q, y) - r(q) - r(y), r the mean cosine with the k nearest of the other side. It holds down hubs, rows that are near to many queries.
 *
 * On unit rows let q' = (q, 0) and y' = (y, sqrt(r(y) - min r)). Then |q' - y'|^2 = 2 - 2 cos(q, y) + r(y) - min r:
 * for one query this falls as 2 cos(q, y) - r(y) rises, and r(q) is the same for all rows.
 *
 * Cost: one exact search of n rows among m queries, m n d; memory one copy of both.
 *
 * @param queries m x d, `rows` n x d
 * @throws bad-option k below 1; non-finite; zero-vector; bad-value different widths
 */
export async function hubnessCorrected(
  queries: Matrix,
  rows: Matrix,
  { engine, signal, nNeighbors = 10 }: HubnessOptions,
): Promise<HubnessCorrected> {
  checkInteger("nNeighbors", nNeighbors, 1);
  const k = Math.min(nNeighbors, queries === rows ? rows.rows - 1 : queries.rows);
  const how = { metric: "cosine" as const, threads: engine.threads, ...(signal && { signal }) };
  const { distances } = await nearestNeighbors(rows, queries, { ...how, nNeighbors: k });
  const density = new Float64Array(rows.rows);
  // Distances are chords: cos = 1 - chord^2 / 2.
  for (let at = 0; at < distances.length; at++)
    density[Math.floor(at / k)]! += (1 - distances[at]! ** 2 / 2) / k;
  const least = density.reduce((low, value) => Math.min(low, value), 1);
  return {
    queries: widened(queries, () => 0),
    rows: widened(rows, (i) => Math.sqrt(density[i]! - least)),
    density,
  };
}

/** Unit rows with one more number each. */
function widened({ data, rows, cols }: Matrix, last: (row: number) => number): Matrix {
  const unit = data.slice();
  toUnitRows(unit, cols);
  const wide = new Float32Array(rows * (cols + 1));
  for (let i = 0; i < rows; i++) {
    wide.set(unit.subarray(i * cols, (i + 1) * cols), i * (cols + 1));
    wide[i * (cols + 1) + cols] = last(i);
  }
  return { data: wide, rows, cols: cols + 1 };
}
