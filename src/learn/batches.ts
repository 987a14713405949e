import { permutation, type Rng } from "../base/index.ts";

/** Which rows a step takes. */
export interface Batches {
  /** The rows of step t = 0, 1, ..., B of them. */
  rowsOf(t: number, out: Int32Array): void;
}

/**
 * Rows in batches: one random order of all rows after another, cut into pieces of B. A batch may end one order and begin the next, so that every row comes once in each order, and none is left out.
 * An order depends on the seed and on its number alone.
 */
export function openBatches(source: Rng, rows: number, batch: number): Batches {
  let kept = -1;
  let order: Int32Array = new Int32Array(0);
  const orderOf = (epoch: number): Int32Array => {
    if (epoch !== kept) order = permutation(source.split(`order ${epoch}`), rows);
    kept = epoch;
    return order;
  };
  return {
    rowsOf(t, out) {
      for (let p = 0; p < batch; p++) {
        const place = t * batch + p;
        out[p] = orderOf(Math.floor(place / rows))[place % rows]!;
      }
    },
  };
}

/** Steps after which every row has been met `epochs` times. */
export function stepsOf(epochs: number, rows: number, batch: number): number {
  return Math.ceil((epochs * rows) / batch);
}
