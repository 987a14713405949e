import { type Arrays, type Attributes, type ElementType, type Op, typeOf } from "./op.ts";
import { OPS, type OpName } from "./ops/index.ts";
import type { Shape } from "./shape.ts";

/** A value in a graph: an input, a constant, or an operation over other values. Plain data; sharing is by reference. */
export type Expression = InputExpression | ConstantExpression | NodeExpression;

export interface InputExpression {
  readonly kind: "input";
  readonly name: string;
  readonly shape: Shape;
  readonly type: ElementType;
}

export interface ConstantExpression {
  readonly kind: "constant";
  readonly data: Arrays[ElementType];
  readonly shape: readonly number[];
  readonly type: ElementType;
}

export interface NodeExpression {
  readonly kind: "node";
  readonly op: OpName;
  readonly inputs: readonly Expression[];
  readonly attributes: Attributes;
  readonly shape: Shape;
  readonly type: ElementType;
}

/** A function of named inputs to named outputs. */
export interface Graph {
  readonly outputs: Readonly<Record<string, Expression>>;
}

/** A tensor given when the graph runs, of float32 unless it says otherwise. Named dimensions may differ from run to run. */
export function input(name: string, shape: Shape, type: ElementType = "float"): InputExpression {
  return { kind: "input", name, shape, type };
}

/** A tensor that is part of the graph. The engine may lay it out anew once, for speed. */
export function constant(data: Arrays[ElementType], shape: readonly number[]): ConstantExpression {
  return { kind: "constant", data, shape, type: typeOf(data) };
}

/** y = a + b, broadcast. */
export const add = (a: Expression, b: Expression) => node("Add", [a, b]);
/** y = a - b, broadcast. */
export const sub = (a: Expression, b: Expression) => node("Sub", [a, b]);
/** y = a b, element by element, broadcast. */
export const mul = (a: Expression, b: Expression) => node("Mul", [a, b]);
/** y = max(a, 0). */
export const relu = (a: Expression) => node("Relu", [a]);
/** The dimensions of a, reversed. */
export const transpose = (a: Expression) => node("Transpose", [a]);
/** y = a b, the matrix product of 8-bit integers in int32. */
export const matMulInteger = (a: Expression, b: Expression) => node("MatMulInteger", [a, b]);
/** y = sqrt(a). */
export const sqrt = (a: Expression) => node("Sqrt", [a]);

/** y = alpha op(a) op(b) + c: the matrix product, `m x k` times `k x n`, optionally transposed and shifted. */
export function gemm(
  a: Expression,
  b: Expression,
  options: { c?: Expression; alpha?: number; transA?: boolean; transB?: boolean } = {},
): NodeExpression {
  const attributes = {
    ...(options.alpha !== undefined && { alpha: { float: options.alpha } }),
    ...(options.transA && { transA: { int: 1 } }),
    ...(options.transB && { transB: { int: 1 } }),
  };
  return node("Gemm", options.c ? [a, b, options.c] : [a, b], attributes);
}

function node(op: OpName, inputs: readonly Expression[], attributes: Attributes = {}): NodeExpression {
  const { [op]: rule } = OPS as Record<OpName, Op>;
  const shape = rule.shape(
    inputs.map((i) => i.shape),
    attributes,
  );
  return { kind: "node", op, inputs, attributes, shape, type: rule.type ?? inputs[0]!.type };
}

/** Every distinct expression of a graph, each after its inputs. */
export function inOrder(graph: Graph): Expression[] {
  const order: Expression[] = [];
  const seen = new Set<Expression>();
  const visit = (e: Expression) => {
    if (seen.has(e)) return;
    seen.add(e);
    if (e.kind === "node") e.inputs.forEach(visit);
    order.push(e);
  };
  Object.values(graph.outputs).forEach(visit);
  return order;
}
