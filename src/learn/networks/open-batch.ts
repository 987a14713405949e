import { IsometerError } from "../../base/index.ts";
import {
  type Attributes,
  type Expression,
  type InputExpression,
  inOrder,
  type NodeExpression,
  node,
} from "../../graph/index.ts";

/** A function of x, read for a batch of some size. */
export interface BatchReading {
  readonly x: InputExpression;
  readonly y: Expression;
}

/** The same place of the two readings, and what it has become. */
interface Pair {
  readonly one: NodeExpression;
  readonly other: NodeExpression;
  readonly inputs: readonly Expression[];
}

/**
 * A function of batches of any size, from readings of it for two sizes: what differs between them is the batch. Its x has a named first dimension. Models often reshape by the size
 * of their batch, which is a number once they are read.
 *
 * @throws unsupported-model where the batch is in more than a dimension of its own
 */
export function openBatch(one: BatchReading, other: BatchReading, x: Expression): Expression {
  const [first, second] = [one, other].map(({ y }) => inOrder({ outputs: { y } })) as [
    Expression[],
    Expression[],
  ];
  const made = new Map<Expression, Expression>([[one.x, x]]);
  first.forEach((e, k) => {
    const twin = second[k];
    if (made.has(e)) return;
    if (!twin || !isAlike(e, twin)) throw closed(e);
    if (e.kind !== "node") made.set(e, e);
    else {
      const inputs = e.inputs.map((i) => made.get(i)!);
      made.set(e, opened({ one: e, other: twin as NodeExpression, inputs }));
    }
  });
  return made.get(one.y)!;
}

function isAlike(e: Expression, twin: Expression): boolean {
  if (e.kind === "node") return twin.kind === "node" && e.op === twin.op;
  if (e.kind === "input") return twin.kind === "input" && e.name === twin.name;
  if (twin.kind !== "constant" || e.shape.join() !== twin.shape.join()) return false;
  return e.data.every((value, i) => value === twin.data[i]);
}

function opened(pair: Pair): Expression {
  const { one, other, inputs } = pair;
  const differs = JSON.stringify(one.attributes) !== JSON.stringify(other.attributes);
  const isLaid = one.op === "Reshape";
  if (differs && !isLaid && one.op !== "Expand") throw closed(one);
  try {
    return node(one.op, inputs, isLaid || differs ? laid(pair) : one.attributes);
  } catch (cause) {
    throw closed(one, cause);
  }
}

/** The sizes of a result, in which that of the batch is taken from the input: 0 copies it in Reshape, 1 spreads nothing in Expand. */
function laid({ one, other, inputs: [x] }: Pair): Attributes {
  const isBatch = (k: number) => one.shape[k] !== other.shape[k];
  const from = x!.shape;
  const ints = one.shape.map((dim, k) => {
    if (!isBatch(k)) return Number(dim);
    const isThere = typeof from[k] === "string" && one.inputs[0]!.shape[k] === dim;
    if (!isThere) throw closed(one);
    return one.op === "Reshape" ? 0 : 1;
  });
  return { ...one.attributes, shape: { ints } };
}

function closed(e: Expression, cause?: unknown): IsometerError {
  const what = e.kind === "node" ? e.op : e.kind;
  return new IsometerError("unsupported-model", `${what} mixes the rows of a batch, or depends on its size`, {
    hint: "Save it for batches of one size.",
    cause,
  });
}
