import type { Shape } from "./shape.ts";

/** A dense float32 array with its dimensions, outermost first, row-major. */
export interface Tensor {
  readonly data: Float32Array;
  readonly dims: readonly number[];
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
  value(inputs: readonly Tensor[], attributes: Attributes): Tensor;
}

/** An integer attribute, or `otherwise` where the node does not set it. */
export function intOf(attributes: Attributes, name: string, otherwise: number): number {
  const value = attributes[name];
  return value && "int" in value ? value.int : otherwise;
}

/** A float attribute, or `otherwise` where the node does not set it. */
export function floatOf(attributes: Attributes, name: string, otherwise: number): number {
  const value = attributes[name];
  return value && "float" in value ? value.float : otherwise;
}
