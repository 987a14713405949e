import { throwIfAborted, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
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
import type { NeighborSearch } from "../neighbors/index.ts";

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

/** A map that was fitted, and how the fit went. */
export interface LinearFit {
  readonly map: LinearMap;
  readonly converged: boolean;
  readonly iterations: number;
  /** What was minimised or maximised, where something was. */
  readonly objective: { readonly name: string; readonly value: number } | null;
  /** What the method has to say, number by name. */
  readonly details: Readonly<Record<string, number | readonly number[]>>;
}

/** What every fit needs beside its own options. */
export interface FitOptions extends Watch {
  readonly engine: EngineInfo;
  readonly seed: number;
  /** Scale rows to length 1 first, as cosine distance does. */
  readonly unitRows: boolean;
  /** How the neighbours of rows are found, where a method needs them. Default auto. */
  readonly neighbors?: NeighborSearch;
  /** Asks an iterative fit to end with what it has: then it says that it has not converged. */
  readonly stop?: AbortSignal;
}

/** Stops a fit at once where it is told to; not one that was asked to end with what it has. @throws aborted */
export function throwIfCut({ signal, stop }: Pick<FitOptions, "signal" | "stop">): void {
  if (!stop?.aborted) throwIfAborted(signal);
}

/** The same without a listener: for a part of a fit that is done in no time, under the name of the whole. */
export function quiet<Options extends Watch>({
  onProgress: _,
  ...options
}: Options): Omit<Options, "onProgress"> {
  return options;
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

/** The map as an ONNX model of input "vectors" and output "codes", any number of rows at a time. */
export function saveLinear(map: LinearMap, metadata: Readonly<Record<string, string>>): Uint8Array {
  const vectors = input("vectors", ["rows", map.inputs]);
  const own = map.unitRows ? unitRowsOf(vectors) : vectors;
  const weights = constant(map.weights, [map.inputs, map.outputs]);
  const product = map.shift.every((value) => value === 0)
    ? gemm(own, weights)
    : add(gemm(own, weights), constant(map.shift, [map.outputs]));
  const codes = map.unitCodes ? unitRowsOf(product) : product;
  return toOnnx({ outputs: { codes } }, "isometer", metadata);
}
