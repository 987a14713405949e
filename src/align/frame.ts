import { gatherRows, type Matrix, ranges } from "../base/index.ts";
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
  const { algebra, engine, unitRows, bounds = {} } = options;
  const sides = [openSide(from, unitRows, bounds), openSide(to, unitRows, bounds)] as const;
  const { inner, between } = await productsOf(sides, algebra);
  const found = await eigenOf(
    inner.map(({ data, rows }) => ({ matrix: data, n: rows })),
    { engine, stage: "fitting" },
  );
  const x = await frameOf(sides[0], found[0]!, algebra);
  const y = await frameOf(sides[1], found[1]!, algebra);
  const cross = await betweenAxes(between, x, y, algebra);
  return { rows: from.rows, from: x, to: y, cross, unitRows, bounds };
}

/** The same rows in the same frames, the partners in another order. */
export async function repaired(
  anchors: Anchors,
  from: Matrix,
  to: Matrix,
  algebra: Algebra,
): Promise<Anchors> {
  const { unitRows } = anchors;
  const sides = [
    { matrix: from, mean: anchors.from.mean, unitRows },
    { matrix: to, mean: anchors.to.mean, unitRows },
  ] as const;
  const between = zeros(from.cols, to.cols);
  for (const rows of blocksOf(from.rows)) {
    const [x, y] = sides.map((side) => centred(side, rows));
    addTo(between, await algebra.multiply(x!, y!, { transA: true }));
  }
  return { ...anchors, cross: await betweenAxes(between, anchors.from, anchors.to, algebra) };
}

/** Inner products between columns of two sets, `D x d`, as those between their axes. */
export async function betweenAxes(columns: Dense, from: Frame, to: Frame, algebra: Algebra): Promise<Dense> {
  return algebra.multiply(await algebra.multiply(from.basis, columns), to.basis, { transB: true });
}

/** Rows, and what is done to them before maps are fitted: scaled to length 1 where asked, then less their mean. */
export interface Side {
  readonly matrix: Matrix;
  /** 0 where the origin is fixed. */
  readonly mean: Float64Array;
  readonly unitRows: boolean;
}

/** Rows that are made float64 at a time. */
const BLOCK = 2048;

/** The numbers of n rows, some at a time. */
export function blocksOf(n: number): Int32Array[] {
  return ranges(n, BLOCK).map(([start, end]) =>
    Int32Array.from({ length: end - start }, (_, i) => start + i),
  );
}

function openSide(matrix: Matrix, unitRows: boolean, { fixedOrigin = false }: MapBounds): Side {
  const { rows, cols } = matrix;
  const mean = new Float64Array(cols);
  for (const block of fixedOrigin ? [] : blocksOf(rows)) {
    const own = centred({ matrix, mean: new Float64Array(cols), unitRows }, block);
    for (let at = 0; at < own.data.length; at++) mean[at % cols]! += own.data[at]! / rows;
  }
  return { matrix, mean, unitRows };
}

/** Some rows in float64, by number. */
export function centred({ matrix, mean, unitRows }: Side, rows: Int32Array): Dense {
  const { data, cols } = gatherRows(matrix, rows);
  if (unitRows) toUnitRows(data, cols);
  const out = new Float64Array(data.length);
  for (let i = 0, at = 0; i < rows.length; i++)
    for (let k = 0; k < cols; k++, at++) out[at] = data[at]! - mean[k]!;
  return { data: out, rows: rows.length, cols };
}

export const zeros = (rows: number, cols: number): Dense => ({
  data: new Float64Array(rows * cols),
  rows,
  cols,
});

export function addTo(sum: Dense, more: Dense): void {
  for (let at = 0; at < sum.data.length; at++) sum.data[at]! += more.data[at]!;
}

/** Of each side the smaller of X'X and XX', and X'Y. */
async function productsOf(sides: readonly [Side, Side], algebra: Algebra) {
  const [{ matrix: from }, { matrix: to }] = sides;
  const between = zeros(from.cols, to.cols);
  const inner = await Promise.all(
    sides.map(async (side) => {
      const { rows, cols } = side.matrix;
      if (rows >= cols) return zeros(cols, cols);
      const all = wholeOf(side);
      return algebra.multiply(all, all, { transB: true });
    }),
  );
  for (const rows of blocksOf(from.rows)) {
    const blocks = sides.map((side) => centred(side, rows));
    addTo(between, await algebra.multiply(blocks[0]!, blocks[1]!, { transA: true }));
    for (const [i, block] of blocks.entries())
      if (from.rows >= block.cols) addTo(inner[i]!, await algebra.multiply(block, block, { transA: true }));
  }
  return { inner, between };
}

const wholeOf = (side: Side): Dense =>
  centred(
    side,
    Int32Array.from({ length: side.matrix.rows }, (_, i) => i),
  );

/** Eigenvectors, and the roots of their values: those of at least this share of the largest root. */
export function axesOf(
  { values, vectors }: Eigen,
  share: number,
): { readonly basis: Dense; readonly lengths: Float64Array } {
  const n = values.length;
  const least = share ** 2 * Math.max(0, values[0] ?? 0);
  const rank = values.findIndex((value) => !(value > least));
  const r = rank < 0 ? n : rank;
  return {
    basis: { data: vectors.slice(0, r * n), rows: r, cols: n },
    lengths: values.slice(0, r).map(Math.sqrt),
  };
}

/** From the eigenvectors of X'X, which are the axes, or of XX', which are the scores at length 1. */
async function frameOf(side: Side, eigen: Eigen, algebra: Algebra): Promise<Frame> {
  const { mean, matrix } = side;
  const { basis: kept, lengths } = axesOf(eigen, LEAST_LENGTH);
  if (matrix.rows >= matrix.cols) return { mean, basis: kept, lengths };
  const { data, cols } = await algebra.multiply(kept, wholeOf(side));
  const basis = data.map((value, at) => value / lengths[Math.floor(at / cols)]!);
  return { mean, basis: { ...kept, data: basis, cols }, lengths };
}
