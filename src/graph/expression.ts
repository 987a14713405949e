import { type Arrays, type Attributes, type ElementType, numberOf, type Op, tensorOf, typeOf } from "./op.ts";
import { OPS, type OpName } from "./ops/index.ts";
import { type Dim, type Shape, shapeError } from "./shape.ts";

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

/** A tensor that is part of the graph. The engine may lay it out anew once, for speed. Bytes are numbers, unless `type` says truths. */
export function constant(
  data: Arrays[ElementType],
  shape: readonly number[],
  type: ElementType = typeOf(data),
): ConstantExpression {
  return { kind: "constant", data, shape, type };
}

/** One number of a type. */
export function scalar(value: number, type: ElementType): ConstantExpression {
  return constant(tensorOf(type, [], () => value).data, [], type);
}

/** Zeros in the shape of an expression. */
export function zeros({ shape, type }: Expression): Expression {
  return expandTo(scalar(0, type), shape);
}

/** y = a + b, broadcast. */
export const add = (a: Expression, b: Expression) => node("Add", [a, b]);
/** y = a - b, broadcast. */
export const sub = (a: Expression, b: Expression) => node("Sub", [a, b]);
/** y = a b, element by element, broadcast. */
export const mul = (a: Expression, b: Expression) => node("Mul", [a, b]);
/** y = a / b, broadcast. */
export const div = (a: Expression, b: Expression) => node("Div", [a, b]);
/** y = a^b, broadcast. */
export const pow = (a: Expression, b: Expression) => node("Pow", [a, b]);
/** y = max(a, b), broadcast. */
export const max = (a: Expression, b: Expression) => node("Max", [a, b]);
/** y = min(a, b), broadcast. */
export const min = (a: Expression, b: Expression) => node("Min", [a, b]);
/** Truths: a > b, broadcast. */
export const greater = (a: Expression, b: Expression) => node("Greater", [a, b]);
/** Truths: a < b, broadcast. */
export const less = (a: Expression, b: Expression) => node("Less", [a, b]);
/** Truths: a = b, broadcast. */
export const equal = (a: Expression, b: Expression) => node("Equal", [a, b]);
/** y = condition ? a : b, broadcast. */
export const where = (condition: Expression, a: Expression, b: Expression) =>
  node("Where", [condition, a, b]);
/** y = max(a, 0). */
export const relu = (a: Expression) => node("Relu", [a]);
export const neg = (a: Expression) => node("Neg", [a]);
export const abs = (a: Expression) => node("Abs", [a]);
export const sign = (a: Expression) => node("Sign", [a]);
export const sqrt = (a: Expression) => node("Sqrt", [a]);
export const exp = (a: Expression) => node("Exp", [a]);
export const log = (a: Expression) => node("Log", [a]);
export const sin = (a: Expression) => node("Sin", [a]);
export const cos = (a: Expression) => node("Cos", [a]);
export const tanh = (a: Expression) => node("Tanh", [a]);
export const erf = (a: Expression) => node("Erf", [a]);
export const sigmoid = (a: Expression) => node("Sigmoid", [a]);
export const softplus = (a: Expression) => node("Softplus", [a]);
/** The same number, as a constant: derivatives do not look behind it. */
export const stopGradient = (a: Expression) => node("StopGradient", [a]);
/** y = a above 0, else alpha (exp(a) - 1). */
export const elu = (a: Expression, alpha = 1) => node("Elu", [a], { alpha: { float: alpha } });
/** y = a above 0, else alpha a. */
export const leakyRelu = (a: Expression, alpha = 0.01) => node("LeakyRelu", [a], { alpha: { float: alpha } });
/** y = a b over the last two dimensions, those before broadcast. */
export const matMul = (a: Expression, b: Expression) => node("MatMul", [a, b]);
/** y = a b, the matrix product of 8-bit integers in int32. */
export const matMulInteger = (a: Expression, b: Expression) => node("MatMulInteger", [a, b]);

/** Dimension k of the result is dimension perm[k] of a; reversed without `perm`. */
export function transpose(a: Expression, perm?: readonly number[]): NodeExpression {
  return node("Transpose", [a], perm ? { perm: { ints: perm } } : {});
}

/** The same numbers in another type. */
export function cast(a: Expression, type: ElementType): Expression {
  return a.type === type ? a : node("Cast", [a], { to: { int: numberOf(type) } });
}

/** Whether a type is of real numbers, which alone move. */
export function isReal(type: ElementType): boolean {
  return type === "float" || type === "double";
}

/** y = alpha op(a) op(b) + c: the matrix product, `m x k` times `k x n`, optionally transposed and shifted. */
export function gemm(
  a: Expression,
  b: Expression,
  options: { c?: Expression; alpha?: number; transA?: boolean; transB?: boolean } = {},
): NodeExpression {
  const { alpha = 1 } = options;
  const attributes = {
    ...(alpha !== 1 && { alpha: { float: alpha } }),
    ...(options.transA && { transA: { int: 1 } }),
    ...(options.transB && { transB: { int: 1 } }),
  };
  return node("Gemm", options.c ? [a, b, options.c] : [a, b], attributes);
}

/** The same numbers in other dimensions; a named one has to be where it was. */
export function reshape(a: Expression, shape: Shape): Expression {
  if (sameShape(a.shape, shape)) return a;
  const ints = shape.map((dim, k) => (typeof dim === "number" ? dim : a.shape[k] === dim ? 0 : -1));
  return node("Reshape", [a], { shape: { ints } });
}

/** Repeated to a shape that it broadcasts to; named dimensions have to be there before. */
export function expandTo(a: Expression, shape: Shape): Expression {
  if (sameShape(a.shape, shape)) return a;
  const shift = shape.length - a.shape.length;
  const ints = shape.map((dim, k) => {
    if (typeof dim === "number") return dim;
    if (a.shape[k - shift] === dim) return 1;
    throw shapeError("cannot be spread along a dimension of unknown size", a.shape, shape);
  });
  return node("Expand", [a], { shape: { ints } });
}

/** The sum over what a smaller shape was broadcast along. */
export function sumTo(a: Expression, shape: Shape): Expression {
  const [rows, columns] = a.shape;
  if (a.shape.length === 2 && typeof rows === "number" && rows > 1 && isRowOf(columns!, shape))
    return reshape(sumOfRows(a, rows), shape);
  const leading = Array.from({ length: a.shape.length - shape.length }, (_, k) => k);
  const inner = leading.length > 0 ? reduceSum(a, leading, false) : a;
  const ones = shape.flatMap((dim, k) => (dim === 1 && inner.shape[k] !== 1 ? [k] : []));
  return ones.length > 0 ? reduceSum(inner, ones) : inner;
}

const isRowOf = (columns: Dim, shape: Shape): boolean =>
  shape.at(-1) === columns && (shape.length === 1 || (shape.length === 2 && shape[0] === 1));

/** m x n to 1 x n, as a product with a row of ones: engines multiply several times as fast as they add along columns. */
function sumOfRows(a: Expression, rows: number): NodeExpression {
  return gemm(expandTo(scalar(1, a.type), [1, rows]), a);
}

/** The sum over some dimensions, which stay as 1 unless told otherwise. */
export function reduceSum(a: Expression, axes: readonly number[], keepdims = true): NodeExpression {
  return node("ReduceSum", [a], { axes: { ints: axes }, ...(keepdims ? {} : { keepdims: { int: 0 } }) });
}

/** The places `[start, end)` along an axis. */
export function slice(a: Expression, axis: number, start: number, end: number): Expression {
  if (start === 0 && end === a.shape[axis]) return a;
  const ints = { starts: start, ends: end, axes: axis, steps: 1 };
  return node(
    "Slice",
    [a],
    Object.fromEntries(Object.entries(ints).map(([name, value]) => [name, { ints: [value] }])),
  );
}

/** Zeros before and after an axis. */
export function pad(a: Expression, axis: number, before: number, after: number): Expression {
  if (before === 0 && after === 0) return a;
  const at = (wanted: number, size: number) => a.shape.map((_, k) => (k === wanted ? size : 0));
  return node("Pad", [a], { pads: { ints: [...at(axis, before), ...at(axis, after)] } });
}

/** The sum of what there is. */
export function sum(a: Expression | null, b: Expression | null): Expression | null {
  return a && b ? add(a, b) : (a ?? b);
}

/** An operation over other expressions. */
export function node(op: OpName, inputs: readonly Expression[], attributes: Attributes = {}): NodeExpression {
  const rule: Op = OPS[op];
  const shape = rule.shape(
    inputs.map((i) => i.shape),
    attributes,
  );
  return { kind: "node", op, inputs, attributes, shape, type: typeOfNode(rule, inputs, attributes) };
}

function typeOfNode({ type = 0 }: Op, inputs: readonly Expression[], attributes: Attributes): ElementType {
  if (typeof type === "function") return type(attributes);
  return typeof type === "number" ? inputs[type]!.type : type;
}

function sameShape(a: Shape, b: Shape): boolean {
  return a.length === b.length && a.every((dim, k) => dim === b[k]);
}

/** Every distinct expression of a graph, each after its inputs. */
export function inOrder(graph: Graph): Expression[] {
  const order: Expression[] = [];
  const seen = new Set<Expression>();
  // By a list and not by calls: a network may be thousands of operations deep.
  const waiting: { readonly e: Expression; isReady: boolean }[] = Object.values(graph.outputs)
    .map((e) => ({ e, isReady: false }))
    .reverse();
  for (let top = waiting.at(-1); top; top = waiting.at(-1)) {
    if (top.isReady || top.e.kind !== "node" || seen.has(top.e)) {
      waiting.pop();
      if (seen.has(top.e)) continue;
      seen.add(top.e);
      order.push(top.e);
      continue;
    }
    top.isReady = true;
    for (const e of top.e.inputs.toReversed()) if (!seen.has(e)) waiting.push({ e, isReady: false });
  }
  return order;
}
