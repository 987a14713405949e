import type { Matrix } from "../../base/index.ts";

/** What is looked at in a hit, in the order of the features. */
export const EVIDENCE = [
  "place",
  "distance",
  "reach",
  "centrality",
  "isolation",
  "spread",
  "agreement",
] as const;

/** The candidates of one query: its hits, and some rows beyond. */
export interface Candidates {
  /** m latent distances from the query, ascending; under cosine chords, sqrt(2 - 2 cos). */
  readonly distances: ArrayLike<number>;
  /** m x D: the candidates in the original space. */
  readonly original: Matrix;
  /** m x d: the candidates in the latent. */
  readonly latent: Matrix;
}

/** Distances below this share of the largest count as this share: logarithms of 0 say nothing. */
const LEAST = 1e-6;

/**
 * What the candidates of one query say of the first k of them, k x 7. The query is known in the latent alone, they are known in both spaces: those that are true neighbours of one place
 * are near to each other in the original too.
 *
 * - `place`: log of the place, 1 to k; `distance`: log of its latent distance over that of the last candidate; `reach`: log of the latter
 * - `centrality`: log of its mean original distance to the other candidates, over the median of these; `isolation`: the same of the original distance to the nearest other
 * - `spread`: log of that median; `agreement`: Pearson's correlation between the logarithms of its original and of its latent distances to the others
 *
 * Cost m^2 (D + d).
 */
export function evidenceOf({ distances, original, latent }: Candidates, k: number): Float64Array {
  const m = original.rows;
  const [far, near] = [pairwise(original), pairwise(latent)];
  const [mean, nearest] = [new Float64Array(m), new Float64Array(m).fill(Number.POSITIVE_INFINITY)];
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) {
      if (i === j) continue;
      const apart = far.lengths[i * m + j]!;
      mean[i]! += apart / (m - 1);
      nearest[i] = Math.min(nearest[i]!, apart);
    }
  }
  const last = Math.max(distances[m - 1]!, Number.MIN_VALUE);
  const log = (value: number, floor: number) => Math.log(Math.max(value, floor));
  const [spread, usual] = [log(median(mean), far.least), log(median(nearest), far.least)];
  const out = new Float64Array(k * EVIDENCE.length);
  for (let p = 0; p < k; p++) {
    out.set(
      [
        Math.log(p + 1),
        log(distances[p]! / last, LEAST),
        Math.log(last),
        log(mean[p]!, far.least) - spread,
        log(nearest[p]!, far.least) - usual,
        spread,
        agreement(far, near, m, p),
      ],
      p * EVIDENCE.length,
    );
  }
  return out;
}

/** Distances between all rows, m x m, and their logarithms, none below that of `least`. */
interface Lengths {
  readonly lengths: Float64Array;
  readonly logs: Float64Array;
  readonly least: number;
}

function pairwise({ data, rows, cols }: Matrix): Lengths {
  const lengths = new Float64Array(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < i; j++) {
      let square = 0;
      for (let k = 0; k < cols; k++) square += (data[i * cols + k]! - data[j * cols + k]!) ** 2;
      lengths[i * rows + j] = Math.sqrt(square);
      lengths[j * rows + i] = lengths[i * rows + j]!;
    }
  }
  const least = Math.max(Number.MIN_VALUE, LEAST * lengths.reduce((most, value) => Math.max(most, value), 0));
  return { lengths, logs: lengths.map((value) => Math.log(Math.max(value, least))), least };
}

function median(values: Float64Array): number {
  const sorted = values.slice().sort();
  return (sorted[(sorted.length - 1) >> 1]! + sorted[sorted.length >> 1]!) / 2;
}

/** Over the others; 0 where one side is constant. */
function agreement(far: Lengths, near: Lengths, m: number, p: number): number {
  let [x, y, xx, yy, xy] = [0, 0, 0, 0, 0];
  for (let i = 0; i < m; i++) {
    if (i === p) continue;
    const [a, b] = [far.logs[p * m + i]!, near.logs[p * m + i]!];
    x += a;
    y += b;
    xx += a * a;
    yy += b * b;
    xy += a * b;
  }
  const n = m - 1;
  const [varianceX, varianceY] = [xx - (x * x) / n, yy - (y * y) / n];
  return varianceX > 1e-12 * xx && varianceY > 1e-12 * yy
    ? (xy - (x * y) / n) / Math.sqrt(varianceX * varianceY)
    : 0;
}
