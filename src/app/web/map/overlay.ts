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
export const LINE_WIDTH: Record<LineKind, number> = { shared: 1.75, missing: 1.75, pair: 1.25, path: 2.5 };
/** How much wider a halo is than its line, so that the line is seen upon points; brushed pairs are too many for one. */
export const HALO: Record<LineKind, number> = { shared: 2.5, missing: 2.5, pair: 0, path: 2.5 };
export const DASHES = [6, 4];

export const RADIUS: Record<RingKind, number> = {
  picked: 9,
  hovered: 7,
  false: 6,
  missing: 6,
  shared: 5,
  stop: 6,
};

type Ring = Overlay["rings"][number];

const isNeighbor = ({ kind }: Ring) => kind === "shared" || kind === "missing" || kind === "false";

/**
 * Rings with their radius and the width of their line, in pixels of the page. Those of a neighbourhood that is drawn small are smaller, so that they leave each other in sight: by the usual distance of
 * one to the next.
 */
export function sizedRings(rings: readonly Ring[], zoom: number) {
  const near = rings.filter(isNeighbor);
  const gaps = near.map((a) =>
    Math.min(...near.map((b) => (b === a ? Infinity : Math.hypot(a.x - b.x, a.y - b.y)))),
  );
  const usual = gaps.sort((a, b) => a - b)[Math.floor(gaps.length / 2)] ?? Infinity;
  const share = Math.max(0.4, Math.min(1, (usual * zoom) / (2 * RADIUS.shared)));
  return rings.map((ring) => {
    const part = isNeighbor(ring) ? share : 1;
    return { ...ring, radius: part * RADIUS[ring.kind], width: part < 0.7 ? 1.25 : 2 };
  });
}
