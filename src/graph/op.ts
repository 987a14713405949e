import type { Shape } from "./shape.ts";

/** The types of elements that graphs compute with, by the names of ONNX, and their arrays. */
export interface Arrays {
  readonly float: Float32Array;
  readonly uint8: Uint8Array;
  readonly int8: Int8Array;
  readonly int32: Int32Array;
}
export type ElementType = keyof Arrays;

/** A dense array with its dimensions, outermost first, row-major. */
export interface Tensor {
  readonly data: Arrays[ElementType];
  readonly dims: readonly number[];
}

/** The type of an array's elements. */
export function typeOf(data: Arrays[ElementType]): ElementType {
  if (data instanceof Float32Array) return "float";
  if (data instanceof Int32Array) return "int32";
  return data instanceof Int8Array ? "int8" : "uint8";
}

/** Attributes of a node: integers, integer lists or floats, with the names ONNX gives them. */
export type Attributes = Readonly<Record<string, AttributeValue>>;
export type AttributeValue =
  | { readonly int: number }
  | { readonly ints: readonly number[] }
  | { readonly float: number };

/**
 * Everything there is to know about one operation, in one place. `name` is that of
 * ONNX's default domain; `shape` infers, `value` is the slow and readable truth that
 * the engine's fast path is tested against. (Derivatives will join this record.)
 */
export interface Op {
  readonly name: string;
  shape(inputs: readonly Shape[], attributes: Attributes): Shape;
  /** Type of the result's elements, where it is not that of the first input. */
  readonly type?: ElementType;
  value(inputs: readonly Tensor[], attributes: Attributes): Tensor;
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
