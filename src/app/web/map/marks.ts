import { contourDensity } from "d3-contour";
import type { NeighborLists, ViewColumn } from "../../views-contract.ts";
import { isPlaced } from "../compare/register.ts";
import { type Camera, type Screen, toPicture } from "./camera.ts";
import { type Drawn, squareOf } from "./order.ts";
import type { EllipseMark, LineKind, Overlay } from "./overlay.ts";

/** The edges of a neighbourhood: true neighbours as lines, false ones as marks. */
export function neighborhoodMarks(
  { order }: Drawn,
  places: Float32Array,
  { row, original, latent }: NeighborLists,
): Pick<Overlay, "lines" | "rings"> {
  const at = (of: number) => [places[2 * order[of]!]!, places[2 * order[of]! + 1]!] as const;
  const lines = original.map(({ row: other, shared }) => {
    const kind: LineKind = shared ? "shared" : "missing";
    return { kind, ends: [...at(row), ...at(other)] };
  });
  const rings = [
    ...original.map(({ row: other, shared }) => ({
      kind: shared ? ("shared" as const) : ("missing" as const),
      of: other,
    })),
    ...latent
      .filter(({ shared }) => !shared)
      .map(({ row: other }) => ({ kind: "false" as const, of: other })),
    { kind: "picked" as const, of: row },
  ].map(({ kind, of }) => ({ kind, x: at(of)[0], y: at(of)[1] }));
  return { lines, rings };
}

/** Ellipses across of a readable size, in pixels of the page. */
const SPACING = 34;

/**
 * Ellipses of points that are far enough from each other on the screen: the first of each square of 34 pixels, in the order of drawing, drawn so that the median
 * circle would be a third of that wide.
 */
export function ellipseMarks(
  { rows }: Drawn,
  places: Float32Array,
  ellipses: Float32Array,
  camera: Camera,
  screen: Screen,
): EllipseMark[] {
  const [left, top] = toPicture(camera, screen, 0, 0);
  const [right, bottom] = toPicture(camera, screen, screen.width, screen.height);
  const side = ((right - left) * SPACING) / screen.width;
  const taken = new Set<number>();
  const marks: EllipseMark[] = [];
  for (let i = 0; i < rows.length; i++) {
    const [x, y] = [places[2 * i]!, places[2 * i + 1]!];
    if (x < left || x > right || y < bottom || y > top) continue;
    const cell = Math.floor((x - left) / side) + 4096 * Math.floor((y - bottom) / side);
    const row = 3 * rows[i]!;
    if (taken.has(cell) || Number.isNaN(ellipses[row]!)) continue;
    taken.add(cell);
    const unit = side / 3;
    // What is much longer would cover its neighbours; it is cut, and longer than all others still.
    const cut = Math.min(1, 3 / ellipses[row]!);
    marks.push({
      x,
      y,
      a: ellipses[row]! * cut * unit,
      b: ellipses[row + 1]! * cut * unit,
      angle: ellipses[row + 2]!,
    });
  }
  return marks;
}

/** Lines of equal density, of at most 50,000 points. */
export function densityContours(places: Float32Array): number[][] {
  const some = Array.from({ length: Math.min(places.length / 2, 50_000) }, (_, i) => i).filter((i) =>
    isPlaced(places, i),
  );
  // At their true distances points may lie outside of the unit square.
  const {
    x: left,
    y: low,
    side,
  } = squareOf(Float32Array.from(some.flatMap((i) => [places[2 * i]!, places[2 * i + 1]!])));
  const grid = 512;
  const density = contourDensity<number>()
    .x((i) => ((places[2 * i]! - left) / side) * grid)
    .y((i) => ((places[2 * i + 1]! - low) / side) * grid)
    .size([grid, grid])
    .bandwidth(9)
    .thresholds(8);
  return density(some).flatMap(({ coordinates }) =>
    coordinates.flatMap((polygon) =>
      polygon.map((ring) => ring.flatMap(([x, y]) => [left + (x! / grid) * side, low + (y! / grid) * side])),
    ),
  );
}

/** A label at the densest part of each category: the median of its points. */
export function categoryLabels(
  { rows }: Drawn,
  places: Float32Array,
  column: ViewColumn | null,
  values: Float32Array | Uint16Array | null,
  hidden: ReadonlySet<string>,
): { text: string; x: number; y: number }[] {
  if (column?.kind !== "category" || values === null || column.categories.length > 60) return [];
  const found = column.categories.map(() => ({ x: [] as number[], y: [] as number[] }));
  for (let i = 0; i < Math.min(rows.length, 50_000); i++) {
    const of = found[values[rows[i]!]!];
    of?.x.push(places[2 * i]!);
    of?.y.push(places[2 * i + 1]!);
  }
  const middle = (list: number[]) => list.sort((a, b) => a - b)[Math.floor(list.length / 2)]!;
  return column.categories.flatMap((text, code) => {
    const { x, y } = found[code]!;
    return x.length === 0 || hidden.has(text) ? [] : [{ text, x: middle(x), y: middle(y) }];
  });
}
