import type { Matrix, Rng, Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import { add, constant, type Expression, gemm, mul, node, reduceSum, reshape, sub } from "../graph/index.ts";
import type { Algebra, Dense } from "../linalg/index.ts";
import { findCentroids, makeSpace } from "../neighbors/index.ts";
import {
  type Anchors,
  addTo,
  betweenAxes,
  blocksOf,
  centred,
  type Frame,
  type Side,
  zeros,
} from "./frame.ts";
import { type AlignMap, unitMap } from "./map.ts";
import type { Rotation } from "./procrustes.ts";

/** What a piecewise map is fitted to. */
export interface LocalFitting extends Watch {
  readonly from: Matrix;
  readonly to: Matrix;
  readonly anchors: Anchors;
  readonly rotation: Rotation;
  readonly algebra: Algebra;
  readonly engine: EngineInfo;
  readonly rng: Rng;
}

/** Pairs that a region should have for each axis, regions at most, and numbers of all their maps. */
const PAIRS_PER_AXIS = 5;
const MOST_REGIONS = 64;
const MOST_NUMBERS = 2 ** 23;

/** Anchors without which two regions would have too few pairs for so many axes. */
export const fewestForRegions = (axes: number): number => 2 * PAIRS_PER_AXIS * (axes + 2);

/** Anchors with less of a region than this count for nothing there. */
const LEAST_SHARE = 1e-6;

/** The width of the weights, as a share of the spread within regions. */
const WIDTH = 0.5;

/**
 * Piecewise Procrustes: y = sum over regions g of w_g(x) (mean_g' + c_g (x - mean_g) R_g), where w(x) is the softmax of -|x - centre_g|^2 / (2 h^2) and each R_g, c_g is the Procrustes fit of the
 * anchors so weighted. Regions are clusters of the first space; one with few pairs for its axes leans on the rotation of the whole, by a share of axes / (axes + pairs). What a non-linear isometry
 * needs, such as a sheet that is rolled up.
 *
 * Cost: that of one Procrustes for each region, of which there are 2 to 64.
 */
export async function fitLocal(
  fitting: LocalFitting,
): Promise<{ readonly map: AlignMap; readonly regions: number }> {
  const { from, to, anchors, algebra } = fitting;
  const { unitRows } = anchors;
  const sides: Sides = {
    from: { matrix: from, mean: anchors.from.mean, unitRows },
    to: { matrix: to, mean: anchors.to.mean, unitRows },
  };
  const centres = await centresOf(fitting);
  const weights = await softWeights(sides.from, centres, anchors.from, algebra);
  const pieces: Piece[] = [];
  for (let g = 0; g < centres.rows; g++) pieces.push(await pieceOf(weights, g, sides, fitting));
  const logits = await logitsOf(weights, anchors, algebra);
  const map: AlignMap = {
    inputs: from.cols,
    outputs: to.cols,
    codes: (vectors) => blended(sub(vectors, row(anchors.from.mean)), pieces, logits),
  };
  return { map: unitMap(map, unitRows), regions: centres.rows };
}

interface Sides {
  readonly from: Side;
  readonly to: Side;
}

/** Centres of regions in the axes of the first frame. */
async function centresOf({ from, anchors, algebra, engine, rng, ...watch }: LocalFitting): Promise<Dense> {
  const axes = anchors.from.lengths.length;
  const wanted = Math.floor(from.rows / (PAIRS_PER_AXIS * (axes + 2)));
  const fits = Math.floor(MOST_NUMBERS / (from.cols * anchors.to.mean.length));
  const count = Math.max(2, Math.min(wanted, MOST_REGIONS, fits));
  const space = await makeSpace(from, anchors.unitRows ? "cosine" : "euclidean", { engine, name: "anchors" });
  const found = await findCentroids(space, count, 3, rng.split("regions"), {
    engine,
    watch,
    stage: "fitting",
  });
  const { centre, unit, cols } = space;
  const data = found.map((value, at) => (value + centre[at % cols]!) / unit - anchors.from.mean[at % cols]!);
  return algebra.multiply({ data, rows: data.length / cols, cols }, anchors.from.basis, { transB: true });
}

/** The share of each region in each anchor. */
interface SoftWeights {
  /** `regions x n` */
  readonly shares: Dense;
  /** In the axes of the first frame. */
  readonly centres: Dense;
  /** 1 / h^2 */
  readonly precision: number;
}

async function softWeights(
  side: Side,
  centres: Dense,
  { basis }: Frame,
  algebra: Algebra,
): Promise<SoftWeights> {
  const n = side.matrix.rows;
  const count = centres.rows;
  const places = await algebra.multiply(centres, basis);
  const norms = squaresOf(places);
  const squares = new Float64Array(count * n);
  let spread = 0;
  for (const rows of blocksOf(n)) {
    const x = centred(side, rows);
    const own = squaresOf(x);
    const products = await algebra.multiply(x, places, { transB: true });
    rows.forEach((i, r) => {
      let least = Number.POSITIVE_INFINITY;
      for (let g = 0; g < count; g++) {
        const square = Math.max(0, own[r]! + norms[g]! - 2 * products.data[r * count + g]!);
        squares[g * n + i] = square;
        least = Math.min(least, square);
      }
      spread += least / n;
    });
  }
  const precision = spread > 0 ? 1 / (WIDTH * spread) : 0;
  const data = new Float64Array(count * n);
  for (let i = 0; i < n; i++) {
    let [least, sum] = [Number.POSITIVE_INFINITY, 0];
    for (let g = 0; g < count; g++) least = Math.min(least, squares[g * n + i]!);
    for (let g = 0; g < count; g++) {
      data[g * n + i] = Math.exp((-precision * (squares[g * n + i]! - least)) / 2);
      sum += data[g * n + i]!;
    }
    for (let g = 0; g < count; g++) data[g * n + i]! /= sum;
  }
  return { shares: { data, rows: count, cols: n }, centres, precision };
}

function squaresOf({ data, rows, cols }: Dense): Float64Array {
  const squares = new Float64Array(rows);
  for (let at = 0; at < data.length; at++) squares[Math.floor(at / cols)]! += data[at]! ** 2;
  return squares;
}

/** The logits of the shares of a centred row: the row times `slopes`, D x regions, plus `offsets`. */
async function logitsOf({ centres, precision }: SoftWeights, { from }: Anchors, algebra: Algebra) {
  const slopes = await algebra.multiply(from.basis, centres, { transA: true, transB: true });
  const { data, rows, cols } = centres;
  const offsets = Float64Array.from({ length: rows }, (_, g) => {
    const own = data.subarray(g * cols, (g + 1) * cols);
    return (-precision * own.reduce((sum, value) => sum + value * value, 0)) / 2;
  });
  return { slopes: slopes.data.map((value) => value * precision), offsets };
}

/** The map of one region, between the centred rows of the first space and rows of the second. */
interface Piece {
  readonly weights: Float64Array;
  readonly shift: Float64Array;
}

async function pieceOf(
  { shares }: SoftWeights,
  g: number,
  sides: Sides,
  { algebra, rotation, anchors }: LocalFitting,
): Promise<Piece> {
  const { from, to, bounds } = anchors;
  const own = shares.data.subarray(g * shares.cols, (g + 1) * shares.cols);
  const { pairs, means, square, between } = await weightedMoments(own, sides, algebra);
  const cross = await betweenAxes(between, from, to, algebra);
  const trust = pairs / (pairs + Math.min(cross.rows, cross.cols));
  const turn = await leaningRotation(cross, trust, rotation.rotation, algebra);
  const spread = innerProduct(
    turn,
    await algebra.multiply(await betweenAxes(square, from, from, algebra), turn),
  );
  const scale = bounds.fixedScale
    ? 1
    : trust * (spread > 0 ? innerProduct(turn, cross) / spread : 0) + (1 - trust) * rotation.scale;
  const half = await algebra.multiply(from.basis, turn, { transA: true });
  const whole = await algebra.multiply(half, to.basis);
  const weights = whole.data.map((value) => value * scale);
  const moved = await algebra.multiply(rowOf(means.from), { ...whole, data: weights });
  const shift = means.to.map((value, k) => value + to.mean[k]! - moved.data[k]!);
  return { weights, shift };
}

/** Of the rows by their shares: how many they are, their means, and products about the means. */
async function weightedMoments(shares: Float64Array, { from, to }: Sides, algebra: Algebra) {
  const means = { from: new Float64Array(from.mean.length), to: new Float64Array(to.mean.length) };
  const square = zeros(means.from.length, means.from.length);
  const between = zeros(means.from.length, means.to.length);
  const members = Int32Array.from(shares.keys()).filter((i) => shares[i]! > LEAST_SHARE);
  const pairs = members.reduce((sum, i) => sum + shares[i]!, 0);
  for (const places of blocksOf(members.length)) {
    const rows = places.map((place) => members[place]!);
    const roots = Float64Array.from(rows, (i) => Math.sqrt(shares[i]!));
    const [x, y] = [timesRows(centred(from, rows), roots), timesRows(centred(to, rows), roots)];
    addTo(square, await algebra.multiply(x, x, { transA: true }));
    addTo(between, await algebra.multiply(x, y, { transA: true }));
    const weights = rowOf(roots.map((root) => root / pairs));
    addTo(rowOf(means.from), await algebra.multiply(weights, x));
    addTo(rowOf(means.to), await algebra.multiply(weights, y));
  }
  aboutMeans(square, means.from, means.from, pairs);
  aboutMeans(between, means.from, means.to, pairs);
  return { pairs, means, square, between };
}

/** Products about 0 as products about the means. */
function aboutMeans({ data, cols }: Dense, x: Float64Array, y: Float64Array, pairs: number): void {
  x.forEach((value, i) => {
    for (let k = 0; k < cols; k++) data[i * cols + k]! -= pairs * value * y[k]!;
  });
}

function timesRows({ data, ...size }: Dense, factors: Float64Array): Dense {
  factors.forEach((factor, i) => {
    for (let at = i * size.cols; at < (i + 1) * size.cols; at++) data[at]! *= factor;
  });
  return { data, ...size };
}

const rowOf = (values: Float64Array): Dense => ({ data: values, rows: 1, cols: values.length });

function innerProduct(a: Dense, b: Dense): number {
  return a.data.reduce((sum, value, at) => sum + value * b.data[at]!, 0);
}

/** The Procrustes rotation of a region, drawn towards that of the whole. */
async function leaningRotation(cross: Dense, trust: number, whole: Dense, algebra: Algebra): Promise<Dense> {
  const size = Math.sqrt(
    cross.data.reduce((sum, value) => sum + value * value, 0) / Math.min(cross.rows, cross.cols),
  );
  const data = cross.data.map((value, at) => trust * value + (1 - trust) * size * whole.data[at]!);
  return (await algebra.polar({ ...cross, data })).factor;
}

/** What every centred row becomes in each region, blended by its shares. */
function blended(
  x: Expression,
  pieces: readonly { readonly weights: Float64Array; readonly shift: Float64Array }[],
  logits: { readonly slopes: Float64Array; readonly offsets: Float64Array },
): Expression {
  const [count, outputs] = [pieces.length, pieces[0]!.shift.length];
  const inputs = pieces[0]!.weights.length / outputs;
  const weights = new Float32Array(inputs * count * outputs);
  for (const [g, piece] of pieces.entries())
    for (let i = 0; i < inputs; i++)
      for (let k = 0; k < outputs; k++)
        weights[(i * count + g) * outputs + k] = piece.weights[i * outputs + k]!;
  const shift = Float32Array.from(pieces.flatMap((piece) => Array.from(piece.shift)));
  const each = add(gemm(x, constant(weights, [inputs, count * outputs])), row(shift));
  const scores = add(
    gemm(x, constant(Float32Array.from(logits.slopes), [inputs, count])),
    row(logits.offsets),
  );
  const shares = node("Softmax", [scores], { axis: { int: 1 } });
  const rows = x.shape[0]!;
  const product = mul(reshape(each, [rows, count, outputs]), reshape(shares, [rows, count, 1]));
  return reduceSum(product, [1], false);
}

const row = (values: ArrayLike<number>) => constant(Float32Array.from(values), [values.length]);
