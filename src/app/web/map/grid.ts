/** Points by cell of a grid over the unit square: who is near a place, and who is in a shape. */
export interface Grid {
  readonly cells: number;
  /** Where the points of each cell begin in `points`; one more at the end. */
  readonly starts: Int32Array;
  /** Places in the order of drawing. */
  readonly points: Int32Array;
  readonly places: Float32Array;
}

/** About two points a cell. Cost n. */
export function gridOf(places: Float32Array): Grid {
  const n = places.length / 2;
  const cells = Math.max(1, Math.min(1024, Math.ceil(Math.sqrt(n / 2))));
  const starts = new Int32Array(cells * cells + 1);
  const cellOf = new Int32Array(n);
  for (let i = 0; i < n; i++) {
    const cell = cellAt(places[2 * i]!, cells) + cells * cellAt(places[2 * i + 1]!, cells);
    cellOf[i] = cell;
    starts[cell + 1]!++;
  }
  for (let c = 0; c < cells * cells; c++) starts[c + 1]! += starts[c]!;
  const next = starts.slice(0, -1);
  const points = new Int32Array(n);
  for (let i = 0; i < n; i++) points[next[cellOf[i]!]!++] = i;
  return { cells, starts, points, places };
}

function cellAt(value: number, cells: number): number {
  return Math.max(0, Math.min(cells - 1, Math.floor(value * cells)));
}

/** The nearest point within `reach` of a place, of those that `isShown`; -1 where there is none. */
export function nearest(
  { cells, starts, points, places }: Grid,
  x: number,
  y: number,
  reach: number,
  isShown: (point: number) => boolean,
): number {
  let [best, least] = [-1, reach * reach];
  const [low, high] = [cellAt(y - reach, cells), cellAt(y + reach, cells)];
  for (let row = low; row <= high; row++) {
    const first = starts[row * cells + cellAt(x - reach, cells)]!;
    const last = starts[row * cells + cellAt(x + reach, cells) + 1]!;
    for (let p = first; p < last; p++) {
      const point = points[p]!;
      const distance = (places[2 * point]! - x) ** 2 + (places[2 * point + 1]! - y) ** 2;
      if (distance < least && isShown(point)) [best, least] = [point, distance];
    }
  }
  return best;
}

/** The points in a polygon (x, y, x, y, ...; even-odd rule), in no order. Cells that no edge passes through are taken or left as a whole. */
export function within(grid: Grid, polygon: readonly number[]): Int32Array {
  const { cells, starts, points, places } = grid;
  const xs = polygon.filter((_, i) => i % 2 === 0);
  const ys = polygon.filter((_, i) => i % 2 === 1);
  const [left, right] = [cellAt(Math.min(...xs), cells), cellAt(Math.max(...xs), cells)];
  const found = new Int32Array(points.length);
  let count = 0;
  for (let row = cellAt(Math.min(...ys), cells); row <= cellAt(Math.max(...ys), cells); row++) {
    const isEdge = edgeCells(xs, ys, row, cells);
    for (let cell = left; cell <= right; ) {
      let end = cell + 1;
      while (!isEdge[cell] && end <= right && !isEdge[end]) end++;
      const some = points.subarray(starts[row * cells + cell], starts[row * cells + end]);
      if (isEdge[cell]) {
        for (const point of some)
          if (isInside(xs, ys, places[2 * point]!, places[2 * point + 1]!)) found[count++] = point;
      } else if (isInside(xs, ys, (cell + 0.5) / cells, (row + 0.5) / cells)) {
        found.set(some, count);
        count += some.length;
      }
      cell = end;
    }
  }
  return found.slice(0, count);
}

/** Which cells of a row an edge of a polygon passes through, or one beside them; those at the rim of the grid too, as they hold what lies outside of it. */
function edgeCells(xs: readonly number[], ys: readonly number[], row: number, cells: number): Uint8Array {
  const isEdge = new Uint8Array(cells);
  if (row === 0 || row === cells - 1) return isEdge.fill(1);
  isEdge[0] = isEdge[cells - 1] = 1;
  const [low, high] = [row / cells, (row + 1) / cells];
  for (let i = 0, j = xs.length - 1; i < xs.length; j = i++) {
    const [a, b] = ys[i]! < ys[j]! ? [i, j] : [j, i];
    if (ys[b]! < low || ys[a]! > high) continue;
    const slope = (xs[b]! - xs[a]!) / (ys[b]! - ys[a]!);
    const at = (y: number) => xs[a]! + slope * (Math.max(ys[a]!, Math.min(ys[b]!, y)) - ys[a]!);
    const ends = ys[a] === ys[b] ? [xs[a]!, xs[b]!] : [at(low), at(high)];
    const [first, last] = [Math.min(...ends), Math.max(...ends)];
    isEdge.fill(1, Math.max(0, cellAt(first, cells) - 1), cellAt(last, cells) + 2);
  }
  return isEdge;
}

function isInside(xs: readonly number[], ys: readonly number[], x: number, y: number): boolean {
  let inside = false;
  for (let i = 0, j = xs.length - 1; i < xs.length; j = i++) {
    const crosses = ys[i]! > y !== ys[j]! > y;
    if (crosses && x < ((xs[j]! - xs[i]!) * (y - ys[i]!)) / (ys[j]! - ys[i]!) + xs[i]!) inside = !inside;
  }
  return inside;
}
