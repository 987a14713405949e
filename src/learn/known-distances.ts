/** Distances that are known before training, between all rows of `rows` and all rows: m x n. On shared memory. */
export interface KnownDistances {
  /** From these rows, ascending, to all. */
  readonly from: Int32Array;
  readonly lengths: Float32Array;
  /** What they are divided by. */
  readonly unit: number;
}

/**
 * A function that fills the B x B distances of a batch: known ones, and 0 (a pair that does not count) where neither row is one that distances are known from. Lengths that are not finite (rows in other
 * pieces of the graph) do not count either.
 */
export function openDistances({ from, lengths, unit }: KnownDistances, rows: number) {
  const places = new Int32Array(rows).fill(-1);
  for (let m = 0; m < from.length; m++) places[from[m]!] = m;
  const scale = 1 / unit;
  return (batch: Int32Array, out: Float32Array): void => {
    const count = batch.length;
    out.fill(0);
    for (let i = 0; i < count; i++) {
      const place = places[batch[i]!]!;
      if (place < 0) continue;
      const start = place * rows;
      for (let j = 0; j < count; j++) {
        const length = lengths[start + batch[j]!]! * scale;
        const own = Number.isFinite(length) ? length : 0;
        out[i * count + j] = own;
        out[j * count + i] = own;
      }
    }
  };
}
