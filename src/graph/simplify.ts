import {
  type ConstantExpression,
  constant,
  type Expression,
  type Graph,
  inOrder,
  type NodeExpression,
  node,
} from "./expression.ts";
import type { Op } from "./op.ts";
import { OPS } from "./ops/index.ts";
import { sizeOf } from "./shape.ts";

/** Constants of more numbers than this are not computed beforehand from smaller ones: they would make the model large. */
const FOLDED = 2 ** 16;

/**
 * The same graph with fewer operations: what follows from constants alone is computed (in float32 where it is), the same operation on the same values is made once, and what
 * nobody uses is gone. Results keep their bits but for what is folded, which the reference computes.
 */
export function simplify(graph: Graph): Graph {
  const known = new Map<string, Expression>();
  const numbers = new Map<Expression, number>();
  const simple = new Map<Expression, Expression>();
  const keyOf = openConstantKeys();
  const once = (key: string, e: Expression): Expression => {
    const before = known.get(key) ?? e;
    if (before === e) {
      known.set(key, e);
      numbers.set(e, numbers.size);
    }
    return before;
  };
  for (const e of inOrder(graph)) {
    if (e.kind === "input") simple.set(e, once(`input ${e.name}`, e));
    else if (e.kind === "constant") simple.set(e, once(keyOf(e), e));
    else {
      const inputs = e.inputs.map((i) => simple.get(i)!);
      const folded = fold(e, inputs);
      const same = folded.kind === "constant" ? keyOf(folded) : nodeKey(e, inputs, numbers);
      simple.set(e, once(same, folded));
    }
  }
  return {
    outputs: Object.fromEntries(Object.entries(graph.outputs).map(([name, e]) => [name, simple.get(e)!])),
  };
}

function fold(e: NodeExpression, inputs: readonly Expression[]): Expression {
  return computed(node(e.op, inputs, e.attributes));
}

/**
 * A function that computes what follows from constants, and what that follows from; anything else it gives as it is. What it has given before it does not look into
 * again.
 */
export function openFolder(): (e: Expression) => Expression {
  const known = new Map<Expression, Expression>();
  const folded = (e: Expression): Expression => {
    if (e.kind !== "node") return e;
    const before = known.get(e);
    if (before) return before;
    const inputs = e.inputs.map(folded);
    const isSame = inputs.every((i, k) => i === e.inputs[k]);
    const found = computed(isSame ? e : node(e.op, inputs, e.attributes));
    known.set(e, found);
    known.set(found, found);
    return found;
  };
  return folded;
}

function computed(e: NodeExpression): Expression {
  const isKnown = e.inputs.every((i) => i.kind === "constant");
  const dims = e.shape.every((dim) => typeof dim === "number") ? (e.shape as number[]) : null;
  if (!isKnown || !dims || sizeOf(dims) > FOLDED) return e;
  const rule: Op = OPS[e.op];
  const tensors = e.inputs.map((i) => ({ data: (i as ConstantExpression).data, dims: i.shape as number[] }));
  const { data } = rule.value(tensors, e.attributes);
  return constant(data, dims, e.type);
}

/** Few numbers are compared, and many that are all one; others only when they are the same array. */
const COMPARED = 64;

function openConstantKeys(): (e: ConstantExpression) => string {
  const arrays = new Map<unknown, number>();
  return ({ type, shape, data }) => {
    const what = `${type} ${shape.join("x")}`;
    const text = (value: number | bigint) => (Object.is(value, -0) ? "-0" : `${value}`);
    const [first] = data;
    if (data.length > COMPARED && data.every((value: number | bigint) => Object.is(value, first)))
      return `${what}: all ${text(first!)}`;
    if (data.length > COMPARED) {
      if (!arrays.has(data)) arrays.set(data, arrays.size);
      return `array ${arrays.get(data)} of ${what}`;
    }
    return `${what}: ${Array.from(data as ArrayLike<number | bigint>, text).join(" ")}`;
  };
}

function nodeKey(
  e: NodeExpression,
  inputs: readonly Expression[],
  numbers: ReadonlyMap<Expression, number>,
): string {
  const attributes = Object.entries(e.attributes).sort(([a], [b]) => (a < b ? -1 : 1));
  return `${e.op}(${inputs.map((i) => numbers.get(i)).join(",")}) ${JSON.stringify(attributes)}`;
}
