import { gatherRows, type Points, permutation, type Rng } from "../base/index.ts";
import { gatherPoints } from "../engine/index.ts";

/** Rows that distances are measured from, and to. */
const SAMPLE = { from: 128, to: 2000 } as const;

/** Near in a batch are at most so many times k neighbours among all rows: of further ones a straight line may leave the surface. */
const MOST = 3;

/**
 * The distance up to which a row has about k others in a batch of B: a quantile of distances between some rows. In a small batch of many rows that would be far: then those are near that have at most 3 k
 * nearer ones among all, but at least one of a batch.
 */
export function nearRadius(points: Points, at: Int32Array, k: number, batch: number, source: Rng): number {
  const order = permutation(source, at.length).slice(0, SAMPLE.to);
  const sample = gatherPoints(
    points,
    order.map((place) => at[place]!),
  );
  const from = gatherRows(
    sample,
    Int32Array.from({ length: Math.min(SAMPLE.from, sample.rows) }, (_, i) => i),
  );
  const lengths: number[] = [];
  for (let i = 0; i < from.rows; i++) {
    for (let j = 0; j < sample.rows; j++) {
      if (j === i) continue;
      let square = 0;
      for (let c = 0; c < sample.cols; c++)
        square += (from.data[i * sample.cols + c]! - sample.data[j * sample.cols + c]!) ** 2;
      lengths.push(Math.sqrt(square));
    }
  }
  lengths.sort((a, b) => a - b);
  const [inBatch, inAll] = [Math.max(1, batch - 1), Math.max(1, at.length - 1)];
  const share = Math.min(1, Math.max(1 / inBatch, Math.min(k / inBatch, (MOST * k) / inAll)));
  return lengths[Math.min(lengths.length - 1, Math.floor(share * lengths.length))] ?? 0;
}
