/** A force as a function of the squared distance, in a table: 32 values to each power of two, and straight lines between (force-table.as.ts reads it). Outside it stays what it is at the ends. */
const FIRST = -30;
const LAST = 30;
const STEPS = 32;

/** Numbers of a table. */
export const TABLE_LENGTH = (LAST - FIRST) * STEPS + 2;

/** Fills a table; linear interpolation is off by 1e-4 of a power of the distance at most. */
export function tabulate(force: (square: number) => number, out: Float32Array): void {
  for (let at = 0; at < TABLE_LENGTH; at++) {
    const square = 2 ** (FIRST + Math.floor(at / STEPS)) * (1 + (at % STEPS) / STEPS);
    out[at] = force(square);
  }
}
