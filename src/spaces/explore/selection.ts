import {
  checkInteger,
  deepFreeze,
  type Interval,
  IsometerError,
  mean,
  meanInterval,
  rng,
  sampleWithoutReplacement,
  sharedInt32,
  type Watch,
} from "../../base/index.ts";
import type { EngineInfo } from "../../engine/index.ts";
import { compare } from "../../measure/compare.ts";
import { localContinuity, localRecall, localTrust } from "../../measure/scores/neighborhood.ts";
import type { Layout, Space } from "../../neighbors/index.ts";
import { checkRow } from "./orders.ts";

/** A mean over rows, and its 95 % interval. */
export interface RowMean {
  readonly value: number;
  readonly interval: Interval;
}

/** How far the neighbourhoods of some rows can be trusted. */
export interface RowsTrust {
  readonly rows: number;
  /** Rows that were sought among all. */
  readonly sampled: number;
  readonly k: number;
  /** The means of the rows' own shares of the audit's scores of these names. */
  readonly recall: RowMean;
  readonly trustworthiness: RowMean;
  readonly continuity: RowMean;
}

export interface RowsTrustOptions extends Watch {
  readonly engine: EngineInfo;
  /** Rows that are sought, at most. Default 64, down to 32 where that is more than 4 10^9 products of the data's numbers: somebody waits. */
  readonly sample?: number;
  /** Default 10, lowered where it is not below half the number of rows. */
  readonly k?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Rows that are sought: as many as a person waits for. */
function sampleOf({ rows, cols }: Space): number {
  return Math.max(FEWEST, Math.min(MOST, Math.floor(PRODUCTS / (rows * cols))));
}
const [FEWEST, MOST, PRODUCTS] = [32, 64, 4e9];

/**
 * Recall, trustworthiness and continuity of some rows, each sought exactly among all rows of both spaces: the audit's scores over a few anchors.
 *
 * Intervals are over the rows that were sought, drawn without replacement; one value where all were. Cost: m n (d_x + d_z + the smaller of both), m rows sought.
 *
 * @param x n x d_x
 * @param z n x d_z, the same rows
 * @param rows distinct row numbers; null: all
 * @throws too-few-rows for none, and for fewer than three in all; bad-range, bad-option, aborted
 */
export async function rowsTrust(
  x: Space,
  z: Space,
  rows: Int32Array | null,
  { engine, sample = sampleOf(x), k: asked = 10, seed = 0, ...watch }: RowsTrustOptions,
): Promise<RowsTrust> {
  checkInteger("sample", sample, 1);
  checkInteger("k", asked, 1);
  const count = rows?.length ?? x.rows;
  if (count < 1 || x.rows < 3) {
    const needed = count < 1 ? "a row" : "3 rows in all";
    throw new IsometerError("too-few-rows", `${count} of ${x.rows} rows are looked at`, { needed });
  }
  const k = Math.min(asked, Math.ceil(x.rows / 2) - 1);
  const source = rng(seed).split("selection");
  const sampled = Math.min(sample, count);
  const index = sharedInt32(sampled);
  index.set(sampleWithoutReplacement(source, count, sampled).map((at) => rows?.[at] ?? at));
  for (const row of index) checkRow(row, x.rows);
  index.sort();
  const layout: Layout = { kind: "anchors", rows: x.rows, slots: sampled, index };
  const comparison = await compare(x, z, {
    layout,
    k,
    wants: new Set(["neighbors", "ranks"]),
    engine,
    rng: source,
    watch,
    classes: null,
  });
  const meanOf = (values: Float64Array): RowMean => ({
    value: mean(values),
    interval: meanInterval(values, count, [0, 1]),
  });
  return deepFreeze({
    rows: count,
    sampled,
    k,
    recall: meanOf(localRecall(comparison)),
    trustworthiness: meanOf(localTrust(comparison)),
    continuity: meanOf(localContinuity(comparison)),
  });
}
