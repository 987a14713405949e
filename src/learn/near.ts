import { gatherRows, type Points, permutation, type Rng } from "../base/index.ts";
import { gatherPoints } from "../engine/index.ts";

/** Rows that distances are measured from, and to. */
const SAMPLE = { from: 128, to: 2000 } as const;

/**
 * The distance up to which a row has about k others in a batch of B: the k/B quantile of distances between some rows. Of a whole set as one batch, k neighbours.
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
  const share = Math.min(1, k / Math.max(1, batch - 1));
  return lengths[Math.min(lengths.length - 1, Math.floor(share * lengths.length))] ?? 0;
}
