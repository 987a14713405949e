import {
  gatherRows,
  IsometerError,
  type Matrix,
  quantile,
  rng,
  sampleWithoutReplacement,
} from "../../base/index.ts";
import type { EngineInfo } from "../../engine/index.ts";
import { openSearched, type Searched } from "../../neighbors/index.ts";

/** Rows that are near or far from others: how far apart neighbours usually are. */
export interface Spaced {
  readonly rows: Matrix;
  readonly searched: Searched;
  /** The median distance of a row to the nearest other one that is not equal to it. */
  readonly usual: number;
}

/** Rows whose nearest neighbours are looked at. */
const SAMPLED = 1000;

/** Equal rows that are looked past. */
const EQUAL = 8;

/**
 * Makes rows ready to tell how far something is from them, and what is usual. Cost: the neighbours of up to 1,000 rows, drawn at random.
 *
 * @param rows n x d
 * @throws too-few-rows where no two rows differ; non-finite
 */
export async function openSpaced(
  rows: Matrix,
  { engine, seed }: { readonly engine: EngineInfo; readonly seed: number },
): Promise<Spaced> {
  const searched = await openSearched(rows, { metric: "euclidean", engine, name: "data" });
  const count = Math.min(SAMPLED, rows.rows);
  const at = sampleWithoutReplacement(rng(seed).split("spacing"), rows.rows, count);
  const k = Math.min(EQUAL, rows.rows);
  const { distances } = await searched.nearest(gatherRows(rows, at), k);
  const nearest = Array.from({ length: count }, (_, i) =>
    distances.subarray(i * k, (i + 1) * k).find((value) => value > 0),
  ).filter((value) => value !== undefined);
  if (nearest.length === 0) {
    throw new IsometerError("too-few-rows", "no two rows of the data differ: nothing is near or far", {
      needed: "2 different rows or more",
    });
  }
  return {
    rows,
    searched,
    usual: quantile(
      nearest.sort((a, b) => a - b),
      0.5,
    ),
  };
}
