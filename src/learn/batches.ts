import { permutation, type Rng } from "../base/index.ts";
import type { Guests } from "./known-distances.ts";

/** Which rows a step takes. */
export interface Batches {
  /** The rows of step t = 0, 1, ..., B of them. */
  rowsOf(t: number, out: Int32Array): void;
}

/** The share of a batch that guests have. */
const GUEST_SHARE = 0.25;

/** Rows of a batch whose turn it is: all of B, or three quarters where there are guests. */
export function streamedRows(batch: number, guests: Guests | null): number {
  if (!guests) return batch;
  const groups = Math.min(
    guests.places.length / guests.size,
    Math.max(1, Math.floor((GUEST_SHARE * batch) / guests.size)),
  );
  return Math.max(1, batch - groups * guests.size);
}

/**
 * Rows in batches: one random order of all rows after another, cut into pieces. A batch may end one order and begin the next, so that every row comes once in each order, and none is left out. Guests
 * come in orders of their own.
 *
 * An order depends on the seed and on its number alone.
 */
export function openBatches(source: Rng, rows: number, batch: number, guests: Guests | null): Batches {
  const streamed = streamedRows(batch, guests);
  const rowAt = openStream(source, rows);
  const groupAt = guests && openStream(source.split("guests"), guests.places.length / guests.size);
  return {
    rowsOf(t, out) {
      for (let p = 0; p < streamed; p++) out[p] = rowAt(t * streamed + p);
      if (!guests || !groupAt) return;
      const { size, places } = guests;
      for (let p = streamed, g = (t * (batch - streamed)) / size; p < batch; p += size, g++)
        for (let k = 0; k < size; k++) out[p + k] = places[groupAt(g) * size + k]!;
    },
  };
}

/** The number at a place of a stream of random orders of 0 .. count - 1. */
function openStream(source: Rng, count: number): (place: number) => number {
  let kept = -1;
  let order: Int32Array = new Int32Array(0);
  return (place) => {
    const number = Math.floor(place / count);
    if (number !== kept) order = permutation(source.split(`order ${number}`), count);
    kept = number;
    return order[place % count]!;
  };
}

/** Steps after which every row has been met `epochs` times. */
export function stepsOf(epochs: number, rows: number, streamed: number): number {
  return Math.ceil((epochs * rows) / streamed);
}
