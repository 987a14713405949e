import type { Matrix } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import { type Algebra, type Dense, type Eigen, eigenOf, toUnitRows } from "../linalg/index.ts";

/** Rows of one space in the axes of their largest spread: row i less the mean is `scores_i basis`. */
export interface Frame {
  /** D */
  readonly mean: Float64Array;
  /** `r x D`, orthonormal rows by descending spread: every direction that the rows span, up to rounding. */
  readonly basis: Dense;
  /** The length of the scores along each axis, r: singular values of the centred rows. */
  readonly lengths: Float64Array;
}

/** Rows of both spaces that are known to be the same items, and what linear maps between them follow from. */
export interface Anchors {
  readonly rows: number;
  readonly from: Frame;
  readonly to: Frame;
  /** `r x s`: inner products between the scores of both, axis by axis. */
  readonly cross: Dense;
  /** Rows were scaled to length 1 first, as cosine distance does. */
  readonly unitRows: boolean;
  readonly bounds: MapBounds;
}

/** What linear maps may not do. */
export interface MapBounds {
  /** No shift: 0 stays where it is. Default false. */
  readonly fixedOrigin?: boolean;
  /** No scale beside a rotation. Default false. */
  readonly fixedScale?: boolean;
}

export interface FrameOptions {
  readonly algebra: Algebra;
  readonly engine: EngineInfo;
  readonly unitRows: boolean;
  readonly bounds?: MapBounds;
}

/** Directions along which rows are less long than this share of the longest are rounding of float32. */
const LEAST_LENGTH = 1e-6;

/**
 * Both sides of paired rows in their principal axes. Exact: no direction of the rows is left out but rounding.
 *
 * Cost n D min(n, D) products and min(n, D)^3 a side, float64.
 *
 * @param from n x D, `to` n x d: row i of both is one item
 */
export async function frameAnchors(from: Matrix, to: Matrix, options: FrameOptions): Promise<Anchors> {
  const { algebra, unitRows, bounds = {} } = options;
  const sides = [from, to].map((side) => centred(side, unitRows, bounds)) as [Centred, Centred];
  const inner = await Promise.all(sides.map(({ rows }) => innerProducts(rows, algebra)));
  const found = await eigenOf(
    inner.map(({ data, rows }) => ({ matrix: data, n: rows })),
    { engine: options.engine, stage: "fitting" },
  );
  const [x, y] = await Promise.all(sides.map((side, i) => frameOf(side, found[i]!, algebra)));
  const between = await algebra.multiply(sides[0].rows, sides[1].rows, { transA: true });
  const half = await algebra.multiply(x!.basis, between);
  const cross = await algebra.multiply(half, y!.basis, { transB: true });
  return { rows: from.rows, from: x!, to: y!, cross, unitRows, bounds };
}

interface Centred {
  readonly rows: Dense;
  readonly mean: Float64Array;
}

/** Float64 rows less their mean (less nothing where the origin is fixed), scaled to length 1 before where asked. */
export function centred(
  { data, rows, cols }: Matrix,
  unitRows: boolean,
  { fixedOrigin = false }: MapBounds = {},
): Centred {
  const own = unitRows ? data.slice() : data;
  if (unitRows) toUnitRows(own, cols);
  const mean = new Float64Array(cols);
  for (let i = 0, at = 0; i < rows && !fixedOrigin; i++)
    for (let k = 0; k < cols; k++, at++) mean[k]! += own[at]! / rows;
  const out = new Float64Array(own.length);
  for (let i = 0, at = 0; i < rows; i++) for (let k = 0; k < cols; k++, at++) out[at] = own[at]! - mean[k]!;
  return { rows: { data: out, rows, cols }, mean };
}

/** The smaller of X'X and XX'. */
function innerProducts(rows: Dense, algebra: Algebra): Promise<Dense> {
  return algebra.multiply(rows, rows, rows.rows < rows.cols ? { transB: true } : { transA: true });
}

/** From the eigenvectors of X'X, which are the axes, or of XX', which are the scores at length 1. */
async function frameOf(
  { rows, mean }: Centred,
  { values, vectors }: Eigen,
  algebra: Algebra,
): Promise<Frame> {
  const n = values.length;
  const least = LEAST_LENGTH ** 2 * Math.max(0, values[0] ?? 0);
  const rank = values.findIndex((value) => !(value > least));
  const r = rank < 0 ? n : rank;
  const lengths = values.slice(0, r).map(Math.sqrt);
  const kept: Dense = { data: vectors.slice(0, r * n), rows: r, cols: n };
  if (rows.rows >= rows.cols) return { mean, basis: kept, lengths };
  const { data, cols } = await algebra.multiply(kept, rows);
  const basis = data.map((value, at) => value / lengths[Math.floor(at / cols)]!);
  return { mean, basis: { data: basis, rows: r, cols }, lengths };
}
