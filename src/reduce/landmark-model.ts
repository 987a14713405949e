import type { Matrix } from "../base/index.ts";
import {
  abs,
  add,
  constant,
  div,
  type Expression,
  gemm,
  input,
  max,
  mul,
  reduceSum,
  scalar,
  sqrt,
  sub,
  toOnnx,
} from "../graph/index.ts";
import { cholesky, solveLower, solveUpper, toUnitRows, unitRowsOf } from "../linalg/index.ts";
import { along, type Knots } from "./knots.ts";
import type { PairWeights } from "./pair-gradient.kernel.ts";

/** Steps of a row towards its place. Absolute values are slower. */
const STEPS = { equal: 60, inverse: 60, absolute: 120 } as const;

/** Lengths below this are none. */
const NOTHING = 1e-12;

/** Distances that are off by less than this share count as if they were off by so much. */
const NEARLY = 0.02;

/** What the square of a pair counts: as in a fit, or one over how far it is off, which makes the sum that of absolute values (reweighted in each step). */
export type LandmarkWeights = PairWeights | "absolute";

const float = (value: number) => scalar(value, "float");

/**
 * An ONNX model that places a row by its distances to landmarks, whose places stay: from where linear least squares puts it (de Silva & Tenenbaum 2004), by majorisation of its own stress:
 * z <- mean over landmarks of c + length (z - c) / |z - c|, weighted as the fit was (de Leeuw 1977, for one point). Rows do not see each other. Lengths may go through an ascending function first.
 */
export function landmarkModel(
  landmarks: Matrix,
  codes: Matrix,
  options: {
    readonly unitRows: boolean;
    readonly centre: Float64Array;
    readonly weights: LandmarkWeights;
    /** From lengths to what distances should be. Default: the same. */
    readonly through?: Knots | null;
    readonly metadata: Readonly<Record<string, string>>;
  },
): Uint8Array {
  const { unitRows, centre, through, metadata } = options;
  const isEqual = options.weights === "equal";
  const { rows: m, cols: inputs } = landmarks;
  const vectors = input("vectors", ["rows", inputs]);
  const own = unitRows ? unitRowsOf(vectors) : vectors;
  const x = sub(own, constant(Float32Array.from(centre), [inputs]));
  const original = squaredDistances(x, centred(landmarks, centre, unitRows));
  const lengths = through ? along(sqrt(original), through) : sqrt(original);
  const squares = through ? mul(lengths, lengths) : original;
  const { points, mean } = aroundMean(codes);
  const { weights, shift } = triangulation(points);
  let z: Expression = add(gemm(squares, constant(weights, [m, codes.cols])), constant(shift, [codes.cols]));
  const places = constant(points.data, [m, codes.cols]);
  const lengthsOrMore = max(lengths, float(NOTHING));
  const inverse = div(float(1), lengthsOrMore);
  for (let step = 0; step < STEPS[options.weights]; step++) {
    const distances = sqrt(squaredDistances(z, points));
    const off = max(abs(sub(distances, lengths)), mul(lengthsOrMore, float(NEARLY)));
    const weight = options.weights === "inverse" ? inverse : div(float(1), off);
    const wanted = isEqual ? lengths : mul(lengths, weight);
    const pulls = div(wanted, max(distances, float(NOTHING)));
    const away = sub(mul(z, reduceSum(pulls, [1])), gemm(pulls, places));
    z = isEqual ? mul(away, float(1 / m)) : div(add(away, gemm(weight, places)), reduceSum(weight, [1]));
  }
  return toOnnx({ outputs: { codes: add(z, constant(mean, [codes.cols])) } }, "isometer", metadata);
}

/** |x - p|^2 of each row to each of some points. */
function squaredDistances(x: Expression, points: Matrix): Expression {
  const { data, rows, cols } = points;
  const squares = new Float32Array(rows);
  for (let i = 0; i < data.length; i++) squares[Math.floor(i / cols)]! += data[i]! ** 2;
  const products = gemm(x, constant(data, [rows, cols]), { transB: true, alpha: -2 });
  const all = add(add(products, reduceSum(mul(x, x), [1])), constant(squares, [rows]));
  return max(all, float(0));
}

function centred({ data, rows, cols }: Matrix, centre: Float64Array, unitRows: boolean): Matrix {
  const own = data.slice();
  if (unitRows) toUnitRows(own, cols);
  return { data: own.map((value, i) => value - centre[i % cols]!), rows, cols };
}

function aroundMean({ data, rows, cols }: Matrix): { points: Matrix; mean: Float32Array } {
  const mean = new Float64Array(cols);
  for (let i = 0; i < data.length; i++) mean[i % cols]! += data[i]! / rows;
  const points = { data: data.map((value, i) => value - mean[i % cols]!), rows, cols };
  return { points, mean: Float32Array.from(mean) };
}

/** Places as a linear function of squared distances: -C+ (s - mean) / 2, C+ the pseudo-inverse of the places around their mean. */
export function triangulation({ data, rows, cols }: Matrix): { weights: Float32Array; shift: Float32Array } {
  const products = new Float64Array(cols * cols);
  let size = 0;
  for (let i = 0; i < rows; i++) {
    for (let a = 0; a < cols; a++) {
      size += data[i * cols + a]! ** 2 / cols;
      for (let b = 0; b < cols; b++) products[a * cols + b]! += data[i * cols + a]! * data[i * cols + b]!;
    }
  }
  for (let a = 0; a < cols; a++) products[a * cols + a]! += 1e-6 * (size || 1);
  const lower = cholesky(products, cols)!;
  const weights = new Float32Array(rows * cols);
  const shift = new Float64Array(cols);
  for (let i = 0; i < rows; i++) {
    const own = Float64Array.from(data.subarray(i * cols, (i + 1) * cols), (value) => -value / 2);
    let square = 0;
    for (let a = 0; a < cols; a++) square += data[i * cols + a]! ** 2;
    solveLower(lower, cols, own);
    solveUpper(lower, cols, own);
    // The mean squared distance of a landmark to all is its own square and a constant, which the weights do not see: they add up to 0.
    for (let a = 0; a < cols; a++) {
      weights[i * cols + a] = own[a]!;
      shift[a]! -= own[a]! * square;
    }
  }
  return { weights, shift: Float32Array.from(shift) };
}
