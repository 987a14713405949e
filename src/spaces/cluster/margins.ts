import { type Points, pointRows } from "../../base/index.ts";
import { scanRows } from "../../engine/index.ts";
import { toUnitRows } from "../../linalg/index.ts";

/**
 * The simplified silhouette of each row in a cluster (Hruschka, de Castro & Campello 2004): (b - a) / max(a, b), with a the distance to the mean of its cluster and b that to the nearest other mean. -1 to
 * 1; NaN for noise, and where there is one cluster. Under cosine of rows of length 1.
 *
 * Cost n d for each cluster.
 *
 * @param points n x d
 * @param labels clusters from 0 to count - 1, -1 for noise
 */
export function marginsIn(
  points: Points,
  labels: Int32Array,
  count: number,
  metric: "euclidean" | "cosine",
): Float64Array {
  const { rows, cols } = points;
  const margins = new Float64Array(rows).fill(Number.NaN);
  if (count < 2) return margins;
  const where = pointRows(points);
  const visit = (look: (block: Float32Array, at: number, row: number) => void) =>
    scanRows(where, rows, (block, start, rowsHere) => {
      if (metric === "cosine") toUnitRows(block.subarray(0, rowsHere * cols), cols);
      for (let r = 0; r < rowsHere; r++) if (labels[start + r]! >= 0) look(block, r * cols, start + r);
    });
  const means = new Float64Array(count * cols);
  const sizes = new Float64Array(count);
  visit((block, at, row) => {
    const to = labels[row]! * cols;
    for (let q = 0; q < cols; q++) means[to + q]! += block[at + q]!;
    sizes[labels[row]!]!++;
  });
  for (let p = 0; p < means.length; p++) means[p]! /= sizes[Math.floor(p / cols)]!;
  visit((block, at, row) => {
    let [own, other] = [0, Number.POSITIVE_INFINITY];
    for (let c = 0; c < count; c++) {
      let square = 0;
      for (let q = 0, p = c * cols; q < cols; q++, p++) square += (block[at + q]! - means[p]!) ** 2;
      if (c === labels[row]) own = Math.sqrt(square);
      else other = Math.min(other, Math.sqrt(square));
    }
    const most = Math.max(own, other);
    margins[row] = most > 0 ? (other - own) / most : 0;
  });
  return margins;
}
