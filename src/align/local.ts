import type { Matrix, Rng, Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import { add, constant, type Expression, gemm, mul, node, reduceSum, reshape, sub } from "../graph/index.ts";
import type { Algebra, Dense } from "../linalg/index.ts";
import { findCentroids, makeSpace } from "../neighbors/index.ts";
import { type Anchors, centred } from "./frame.ts";
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
  const { from, anchors, algebra } = fitting;
  const sides = await scoresOf(fitting);
  const centres = await centresOf(fitting);
  const weights = softWeights(sides.from, centres);
  const pieces: Piece[] = [];
  for (let g = 0; g < centres.rows; g++) pieces.push(await pieceOf(weights, g, sides, fitting));
  const whole = await Promise.all(pieces.map((piece) => outOfFrames(piece, anchors, algebra)));
  const logits = await logitsOf(weights, anchors, algebra);
  const map: AlignMap = {
    inputs: from.cols,
    outputs: anchors.to.mean.length,
    codes: (vectors) => blended(sub(vectors, row(anchors.from.mean)), whole, logits),
  };
  return { map: unitMap(map, anchors.unitRows), regions: centres.rows };
}

interface Scores {
  readonly from: Dense;
  readonly to: Dense;
  /** Centred rows of the first space as they are, n x D. */
  readonly rows: Dense;
}

/** The anchors in the axes of both frames. */
async function scoresOf({ from, to, anchors, algebra }: LocalFitting): Promise<Scores> {
  const { rows } = centred(from, anchors.unitRows, anchors.bounds);
  return {
    rows,
    from: await algebra.multiply(rows, anchors.from.basis, { transB: true }),
    to: await algebra.multiply(centred(to, anchors.unitRows, anchors.bounds).rows, anchors.to.basis, {
      transB: true,
    }),
  };
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

function softWeights(scores: Dense, centres: Dense): SoftWeights {
  const { rows: n, cols: r } = scores;
  const count = centres.rows;
  const squares = new Float64Array(count * n);
  let spread = 0;
  for (let i = 0; i < n; i++) {
    let least = Number.POSITIVE_INFINITY;
    for (let g = 0; g < count; g++) {
      let square = 0;
      for (let k = 0; k < r; k++) square += (scores.data[i * r + k]! - centres.data[g * r + k]!) ** 2;
      squares[g * n + i] = square;
      least = Math.min(least, square);
    }
    spread += least / n;
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

/** The map of one region, between the axes of both frames. */
interface Piece {
  readonly core: Dense;
  readonly from: Float64Array;
  readonly to: Float64Array;
}

async function pieceOf(
  { shares }: SoftWeights,
  g: number,
  { from, to }: Scores,
  { algebra, rotation, anchors }: LocalFitting,
): Promise<Piece> {
  const all = shares.data.subarray(g * shares.cols, (g + 1) * shares.cols);
  const members = Int32Array.from(all.keys()).filter((i) => all[i]! > LEAST_SHARE);
  const own = Float64Array.from(members, (i) => all[i]!);
  const pairs = own.reduce((sum, share) => sum + share, 0);
  const [x, y] = [rowsAt(from, members), rowsAt(to, members)];
  const [means, others] = [weightedMean(x, own, pairs), weightedMean(y, own, pairs)];
  const local = less(x, means);
  const cross = await algebra.multiply(timesRows(local, own), less(y, others), { transA: true });
  const trust = pairs / (pairs + Math.min(from.cols, to.cols));
  const turn = await leaningRotation(cross, trust, rotation.rotation, algebra);
  const turned = await algebra.multiply(local, turn);
  const spread = timesRows(turned, own).data.reduce((sum, value, at) => sum + value * turned.data[at]!, 0);
  const product = turn.data.reduce((sum, value, at) => sum + value * cross.data[at]!, 0);
  const scale = anchors.bounds.fixedScale
    ? 1
    : trust * (spread > 0 ? product / spread : 0) + (1 - trust) * rotation.scale;
  return { core: { ...turn, data: turn.data.map((value) => value * scale) }, from: means, to: others };
}

function rowsAt({ data, cols }: Dense, rows: Int32Array): Dense {
  const out = new Float64Array(rows.length * cols);
  rows.forEach((row, i) => {
    out.set(data.subarray(row * cols, (row + 1) * cols), i * cols);
  });
  return { data: out, rows: rows.length, cols };
}

/** The Procrustes rotation of a region, drawn towards that of the whole. */
async function leaningRotation(cross: Dense, trust: number, whole: Dense, algebra: Algebra): Promise<Dense> {
  const size = Math.sqrt(
    cross.data.reduce((sum, value) => sum + value * value, 0) / Math.min(cross.rows, cross.cols),
  );
  const data = cross.data.map((value, at) => trust * value + (1 - trust) * size * whole.data[at]!);
  return (await algebra.polar({ ...cross, data })).factor;
}

function weightedMean({ data, rows, cols }: Dense, weights: Float64Array, total: number): Float64Array {
  const mean = new Float64Array(cols);
  for (let i = 0; i < rows; i++)
    for (let k = 0; k < cols; k++) mean[k]! += (weights[i]! / total) * data[i * cols + k]!;
  return mean;
}

const less = ({ data, ...size }: Dense, mean: Float64Array): Dense => ({
  ...size,
  data: data.map((value, at) => value - mean[at % size.cols]!),
});

const timesRows = ({ data, ...size }: Dense, factors: Float64Array): Dense => ({
  ...size,
  data: data.map((value, at) => value * factors[Math.floor(at / size.cols)]!),
});

/** A piece as weights and shift between the centred rows of the first space and rows of the second. */
async function outOfFrames({ core, from, to }: Piece, anchors: Anchors, algebra: Algebra) {
  const half = await algebra.multiply(anchors.from.basis, core, { transA: true });
  const weights = await algebra.multiply(half, anchors.to.basis);
  const at = (values: Float64Array, frame: Anchors["from"]) =>
    algebra.multiply({ data: values, rows: 1, cols: values.length }, frame.basis);
  const moved = await algebra.multiply(await at(from, anchors.from), weights);
  const landed = await at(to, anchors.to);
  const shift = landed.data.map((value, k) => value + anchors.to.mean[k]! - moved.data[k]!);
  return { weights: weights.data, shift };
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
