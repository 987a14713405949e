import { ranges } from "../../base/index.ts";
import { kernelUrl, runBlocks } from "../../engine/index.ts";
import type { MomentsOptions } from "../../linalg/index.ts";
import type { Space } from "../../neighbors/index.ts";
import type { Estimate, Listed, SpaceShape } from "../result.ts";
import type { SpaceMoments } from "../space-moments.ts";
import type { RowSums, RowsSetup } from "./rows.kernel.ts";

/** What one pass over the rows as they were given tells, whatever the metric. */
export interface RowFacts {
  readonly deviations: Float64Array;
  readonly directions: Float64Array;
  readonly zeros: number;
  readonly rows: number;
}

/** Standard deviations of the columns and the sum of directions. Cost O(n d), one pass. */
export async function rowFacts(space: Space, options: MomentsOptions): Promise<RowFacts> {
  const { data, stored, rows, cols } = space;
  const setup: RowsSetup = { data, stored, cols };
  const { results } = await runBlocks<readonly [number, number], RowSums, null>({
    ...options,
    kernel: kernelUrl("./rows.kernel.js", import.meta.url),
    setup,
    tasks: ranges(rows, Math.max(256, Math.ceil(rows / 16))),
  });
  const sum = (key: "differences" | "squares" | "directions") => {
    const total = new Float64Array(cols);
    for (const part of results) for (let k = 0; k < cols; k++) total[k]! += part[key][k]! / rows;
    return total;
  };
  const means = sum("differences");
  return {
    deviations: sum("squares").map((square, k) => Math.sqrt(Math.max(0, square - means[k]! ** 2))),
    directions: sum("directions").map((mean) => mean * rows),
    zeros: results.reduce((zeros, part) => zeros + part.zeros, 0),
    rows,
  };
}

/**
 * Anisotropy: mean cosine of two different rows, about the origin and not about the mean (Ethayarajh 2019). -1/(n - 1) ... 1: 0 for directions all round, 1 for one direction.
 * Over all pairs, from the sum of the rows scaled to length 1: (|sum|^2 - n) / (n (n - 1)). Rows of zeros are left out. Cost O(n d).
 */
export function anisotropy({ directions, zeros, rows }: RowFacts): Estimate | null {
  const n = rows - zeros;
  if (n < 2) return null;
  const square = directions.reduce((sum, value) => sum + value * value, 0);
  const value = Math.min(1, (square - n) / (n * (n - 1)));
  return { value, interval: [value, value], n: (n * (n - 1)) / 2, exact: true };
}

/** A column of less than this share of the largest standard deviation is dead. */
const DEAD = 1e-6;

/** Columns of a larger correlation, either sign, are copies of each other. */
const COPY = 1 - 1e-6;

/** How many are listed. */
const LISTED = 100;

/** Signs of a collapsed space: all rows the same, columns that do not vary, columns that copy each other. */
export function collapse({ deviations }: RowFacts, moments: SpaceMoments | null): SpaceShape["collapse"] {
  const largest = deviations.reduce((most, value) => Math.max(most, value), 0);
  const isDead = (k: number) => deviations[k]! <= DEAD * largest;
  const dead = Array.from(deviations, (_, k) => k).filter(isDead);
  return {
    constant: largest === 0,
    deadDimensions: listed(dead),
    duplicateDimensions:
      moments?.kind === "covariance" ? listed(copies(moments.matrix, moments.cols, isDead)) : null,
  };
}

function listed<T>(all: readonly T[]): Listed<T> {
  return { count: all.length, first: all.slice(0, LISTED) };
}

/** Pairs of columns, i < k, that are multiples of each other but for a shift. */
function copies(covariance: Float64Array, cols: number, isDead: (k: number) => boolean): [number, number][] {
  const sizes = Array.from({ length: cols }, (_, k) => Math.sqrt(Math.max(0, covariance[k * cols + k]!)));
  const found: [number, number][] = [];
  for (let i = 0; i < cols; i++) {
    if (isDead(i)) continue;
    for (let k = i + 1; k < cols; k++) {
      if (Math.abs(covariance[i * cols + k]!) > COPY * sizes[i]! * sizes[k]! && !isDead(k))
        found.push([i, k]);
    }
  }
  return found;
}
