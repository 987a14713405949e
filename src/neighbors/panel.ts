import type { Space } from "./space.ts";

/** No panel has more rows than this. */
export const PANEL = 2048;

/** No tile has more orders than this: 2 MB. */
export const TILE = 2 ** 19;

/** Some rows of a space: a range `[start, start + count)` of row numbers, or of positions in `index`. */
export interface Panel {
  readonly space: Space;
  readonly start: number;
  readonly count: number;
  /** Row number of each position; null when positions are row numbers. */
  readonly index: Int32Array | null;
}

/** Row number of the r-th row of a panel. */
export function panelRow({ start, index }: Panel, r: number): number {
  return index ? index[start + r]! : start + r;
}
