import { type Matrix, type Points, pointRows, type Watch } from "../base/index.ts";
import { type EngineInfo, openNetwork, valuesAt } from "../engine/index.ts";
import { type Expression, input, toOnnx } from "../graph/index.ts";
import {
  type Algebra,
  type Dense,
  type LinearMap,
  linearCodes,
  shiftTo,
  toUnitRows,
  unitRowsOf,
} from "../linalg/index.ts";
import type { Anchors, Frame } from "./frame.ts";

/** A map between spaces: rows of one as rows of the other. Plain mathematics: ONNX runs it. */
export interface AlignMap {
  readonly inputs: number;
  readonly outputs: number;
  codes(vectors: Expression): Expression;
  /** The same as numbers, where it is one matrix and a shift. */
  readonly linear?: LinearMap;
}

/** The bytes of an ONNX model of input "vectors" and output "codes", any number of rows at a time. */
export function saveMap(map: AlignMap, metadata: Readonly<Record<string, string>> = {}): Uint8Array {
  const vectors = input("vectors", ["rows", map.inputs]);
  return toOnnx({ outputs: { codes: map.codes(vectors) } }, "isometer", metadata);
}

/** Rows through a map, as it is saved. */
export function applyMap(
  map: AlignMap,
  points: Points,
  options: Watch & { readonly engine: EngineInfo },
): Promise<Matrix> {
  const network = openNetwork({ bytes: saveMap(map), name: "the map" }, map.inputs);
  const at = Int32Array.from({ length: points.rows }, (_, i) => i);
  return valuesAt(network, pointRows(points), at, options);
}

export function linearMap(linear: LinearMap): AlignMap {
  const { inputs, outputs } = linear;
  return { inputs, outputs, codes: (vectors) => linearCodes(linear, vectors), linear };
}

/** Few rows through a map that is not saved: a linear one is a product, and no model is compiled for it. */
export async function mapRows(
  map: AlignMap,
  rows: Matrix,
  options: Watch & { readonly engine: EngineInfo; readonly algebra: Algebra },
): Promise<Matrix> {
  if (!map.linear) return applyMap(map, rows, options);
  const { weights, shift, unitRows, unitCodes, inputs, outputs } = map.linear;
  const own = unitRows ? rows.data.slice() : rows.data;
  if (unitRows) toUnitRows(own, inputs);
  const whole = await options.algebra.multiply(
    { data: Float64Array.from(own), rows: rows.rows, cols: inputs },
    { data: Float64Array.from(weights), rows: inputs, cols: outputs },
  );
  const data = Float32Array.from(whole.data, (value, at) => value + shift[at % outputs]!);
  if (unitCodes) toUnitRows(data, outputs);
  return { data, rows: rows.rows, cols: outputs };
}

/** Where rows of a map land. */
export interface Landing {
  readonly basis: Dense;
  readonly mean: Float64Array;
}

/** All points of a set through a map: those of a file block by block. */
export function mapPoints(
  map: AlignMap,
  points: Points,
  options: Watch & { readonly engine: EngineInfo; readonly algebra: Algebra },
): Promise<Matrix> {
  return "stored" in points ? applyMap(map, points, options) : mapRows(map, points, options);
}

/** The map that is `core` between the axes of two frames and takes mean to mean: y = (x - mean) basis' core basis' + mean'. */
export async function affineMap(
  core: Dense,
  { from, to, unitRows }: { readonly from: Frame; readonly to: Landing; readonly unitRows: boolean },
  algebra: Algebra,
): Promise<AlignMap> {
  const half = await algebra.multiply(from.basis, core, { transA: true });
  const whole = await algebra.multiply(half, to.basis);
  const weights = Float32Array.from(whole.data);
  const [inputs, outputs] = [from.mean.length, to.mean.length];
  const shift = shiftTo(from.mean, weights, outputs).map((value, k) => value + to.mean[k]!);
  return linearMap({ inputs, outputs, weights, shift, unitRows, unitCodes: unitRows });
}

/** Coordinates in a common space of as many axes as `axes` has columns: (x - mean) basis' axes. */
export async function commonMap(
  axes: Dense,
  frame: Frame,
  { unitRows }: Anchors,
  algebra: Algebra,
): Promise<AlignMap> {
  const outputs = axes.cols;
  const identity = { data: new Float64Array(outputs * outputs), rows: outputs, cols: outputs };
  for (let k = 0; k < outputs; k++) identity.data[k * (outputs + 1)] = 1;
  const to: Landing = { basis: identity, mean: new Float64Array(outputs) };
  return affineMap(axes, { from: frame, to, unitRows }, algebra);
}

/** A map that has rows of length 1 for input and output where `unitRows` says so. */
export function unitMap(inner: AlignMap, unitRows: boolean): AlignMap {
  if (!unitRows) return inner;
  return { ...inner, codes: (vectors) => unitRowsOf(inner.codes(unitRowsOf(vectors))) };
}
