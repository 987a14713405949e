/** What is drawn above the points, in units of the picture. */
export interface Overlay {
  /** Lines through places, by kind. */
  readonly lines: readonly {
    readonly kind: LineKind;
    readonly ends: readonly number[];
    readonly isDashed?: boolean;
  }[];
  readonly rings: readonly { readonly kind: RingKind; readonly x: number; readonly y: number }[];
  readonly ellipses: readonly EllipseMark[];
  /** Closed lines of equal density, x, y, x, y ... */
  readonly contours: readonly (readonly number[])[];
  readonly labels: readonly { readonly text: string; readonly x: number; readonly y: number }[];
  readonly lasso: readonly number[];
}

/** shared: neighbour in both; missing: neighbour in the original alone; pair: brushed; path: a way through the picture. */
export type LineKind = "shared" | "missing" | "pair" | "path";
export type RingKind = "picked" | "hovered" | "false" | "missing" | "shared" | "stop";

export interface EllipseMark {
  readonly x: number;
  readonly y: number;
  readonly a: number;
  readonly b: number;
  readonly angle: number;
}

export const NOTHING: Overlay = { lines: [], rings: [], ellipses: [], contours: [], labels: [], lasso: [] };

/** Of rings, in pixels of the page; half a side of the square about false neighbours. */
export const RADIUS: Record<RingKind, number> = {
  picked: 9,
  hovered: 7,
  false: 6,
  missing: 6,
  shared: 5,
  stop: 6,
};
