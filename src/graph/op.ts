import type * as build from "./expression.ts";
import type { Expression, NodeExpression } from "./expression.ts";
import { type Shape, sizeOf } from "./shape.ts";

/** The types of elements that graphs compute with, by the names of ONNX, and their arrays. Truths are bytes, 0 or 1. */
export interface Arrays {
  readonly float: Float32Array;
  readonly double: Float64Array;
  readonly uint8: Uint8Array;
  readonly int8: Int8Array;
  readonly int32: Int32Array;
  readonly int64: BigInt64Array;
  readonly bool: Uint8Array;
}
export type ElementType = keyof Arrays;

/** Types by their numbers in ONNX's TensorProto.DataType. */
export const TYPES: Readonly<Record<number, ElementType>> = {
  1: "float",
  2: "uint8",
  3: "int8",
  6: "int32",
  7: "int64",
  9: "bool",
  11: "double",
};

/** The number of a type in ONNX's TensorProto.DataType. */
export function numberOf(type: ElementType): number {
  return Number(Object.entries(TYPES).find(([, name]) => name === type)![0]);
}

/** A dense array with its dimensions, outermost first, row-major. */
export interface Tensor {
  readonly data: Arrays[ElementType];
  readonly dims: readonly number[];
}

/** The type of an array's elements; bytes are numbers, not truths. */
export function typeOf(data: Arrays[ElementType]): ElementType {
  if (data instanceof Float32Array) return "float";
  if (data instanceof Float64Array) return "double";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof BigInt64Array) return "int64";
  return data instanceof Int8Array ? "int8" : "uint8";
}

/** Attributes of a node, with the names ONNX gives them. */
export type Attributes = Readonly<Record<string, AttributeValue>>;
export type AttributeValue =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number };

/** What makes expressions: given to rules, which expressions themselves are made by. */
export type Build = typeof build;

/** How the result of an operation moves with its inputs. */
export interface Derivative {
  /**
   * The tangent of the result, given those of the inputs (null: it stays, at least one does not), linear in them. Null: the result stays.
   * (A tangent is a directional derivative: the change per unit of a step along some direction.)
   */
  jvp(e: NodeExpression, tangents: readonly (Expression | null)[], build: Build): Expression | null;
  /**
   * Of an operation that is linear in one input while the others stay: the cotangent of that input, given that of the result. Only for operations that
   * tangents are made of. (A cotangent is the derivative of some number with respect to a value.)
   */
  transpose?(e: NodeExpression, at: number, cotangent: Expression, build: Build): Expression;
}

/**
 * Everything there is to know about one operation, in one place. `name` is that of ONNX's default domain; `shape` infers, `value` is the slow and readable truth
 * that the engine's fast path is tested against, in the precision of its first input.
 */
export interface Op {
  readonly name: string;
  shape(inputs: readonly Shape[], attributes: Attributes): Shape;
  /** Type of the result's elements, where it is not that of the first input; a number: that of this input. */
  readonly type?: ElementType | number | ((attributes: Attributes) => ElementType);
  value(inputs: readonly Tensor[], attributes: Attributes): Tensor;
  /** "constant": the result does not move, as that of a comparison. */
  readonly derivative: Derivative | "constant";
  /** Attributes of ours that ONNX has as further inputs, lists of int64, in their order. */
  readonly operands?: readonly string[];
}

/** An integer attribute, or `otherwise` where the node does not set it. */
export function intOf(attributes: Attributes, name: string, otherwise: number): number {
  const value = attributes[name];
  return value && "int" in value ? value.int : otherwise;
}

/** A list of integers as an attribute, or `otherwise` where the node does not set it. */
export function intsOf(
  attributes: Attributes,
  name: string,
  otherwise: readonly number[],
): readonly number[] {
  const value = attributes[name];
  return value && "ints" in value ? value.ints : otherwise;
}

/** A float attribute, or `otherwise` where the node does not set it. */
export function floatOf(attributes: Attributes, name: string, otherwise: number): number {
  const value = attributes[name];
  return value && "float" in value ? value.float : otherwise;
}

/** A new array of one type. */
export function arrayOf(type: ElementType, size: number): Arrays[ElementType] {
  switch (type) {
    case "float":
      return new Float32Array(size);
    case "double":
      return new Float64Array(size);
    case "int32":
      return new Int32Array(size);
    case "int64":
      return new BigInt64Array(size);
    case "int8":
      return new Int8Array(size);
    default:
      return new Uint8Array(size);
  }
}

/** A tensor of one type from a function of the place of each element. */
export function tensorOf(type: ElementType, dims: readonly number[], at: (i: number) => number): Tensor {
  const data = arrayOf(type, sizeOf(dims));
  if (data instanceof BigInt64Array)
    for (let i = 0; i < data.length; i++) data[i] = BigInt(Math.trunc(at(i)));
  else for (let i = 0; i < data.length; i++) data[i] = at(i);
  return { data, dims };
}

/** A tensor like another, in the type of its elements, from a function of the place of each element. */
export function like(model: Tensor, dims: readonly number[], at: (i: number) => number): Tensor {
  return tensorOf(typeOf(model.data), dims, at);
}
