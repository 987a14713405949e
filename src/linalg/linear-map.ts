import {
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
  toOnnx,
} from "../graph/index.ts";

/** A linear map of rows: y = u(x) W + b, and u(y) where it says so, u scaling a row to length 1 (a row of zeros stays). */
export interface LinearMap {
  readonly inputs: number;
  readonly outputs: number;
  /** W, `inputs x outputs`. */
  readonly weights: Float32Array;
  /** b, outputs. */
  readonly shift: Float32Array;
  /** Rows are scaled to length 1 before. */
  readonly unitRows: boolean;
  /** Codes are scaled to length 1 after. */
  readonly unitCodes: boolean;
}

/** b = -m W: the codes of m are 0. */
export function shiftTo(mean: ArrayLike<number>, weights: Float32Array, outputs: number): Float32Array {
  return Float32Array.from({ length: outputs }, (_, k) => {
    let sum = 0;
    for (let a = 0; a < mean.length; a++) sum -= mean[a]! * weights[a * outputs + k]!;
    return sum;
  });
}

/** Lengths below this are those of rows of zeros. */
const SMALLEST = 1e-30;

/** Rows scaled to length 1; a row of zeros stays. */
export function unitRowsOf(x: Expression): Expression {
  const length = sqrt(reduceSum(mul(x, x), [1]));
  return div(x, max(length, scalar(SMALLEST, x.type)));
}

/** The codes of rows, as an expression. */
export function linearCodes(map: LinearMap, vectors: Expression): Expression {
  const own = map.unitRows ? unitRowsOf(vectors) : vectors;
  const weights = constant(map.weights, [map.inputs, map.outputs]);
  const product = map.shift.every((value) => value === 0)
    ? gemm(own, weights)
    : add(gemm(own, weights), constant(map.shift, [map.outputs]));
  return map.unitCodes ? unitRowsOf(product) : product;
}

/** The map as an ONNX model of input "vectors" and output "codes", any number of rows at a time. */
export function saveLinear(map: LinearMap, metadata: Readonly<Record<string, string>>): Uint8Array {
  const vectors = input("vectors", ["rows", map.inputs]);
  return toOnnx({ outputs: { codes: linearCodes(map, vectors) } }, "isometer", metadata);
}
