import * as build from "./expression.ts";
import {
  type Expression,
  type Graph,
  type InputExpression,
  inOrder,
  type NodeExpression,
} from "./expression.ts";
import type { Derivative, Op } from "./op.ts";
import { OPS } from "./ops/index.ts";

/** Tangents of inputs: directions that they move in, of their shapes. Inputs that are not there stay. */
export type Tangents = ReadonlyMap<InputExpression, Expression>;

/**
 * Forward derivatives: the tangents of the outputs of a graph, J t for tangents t of its inputs, as expressions over both (null: it stays). They are made of
 * operations that have derivatives themselves, so transforms compose. Every operation has a rule: the table would not compile without.
 *
 * Cost to run: about that of the graph once more.
 *
 * @throws internal where a tangent has to be spread along a dimension of unknown size
 */
export function jvp(graph: Graph, tangents: Tangents): Readonly<Record<string, Expression | null>> {
  const moved = tangentsOf(graph, tangents);
  return Object.fromEntries(Object.entries(graph.outputs).map(([name, e]) => [name, moved.get(e) ?? null]));
}

/** The tangent of every expression of a graph that moves. */
function tangentsOf(graph: Graph, given: Tangents): ReadonlyMap<Expression, Expression> {
  const moved = new Map<Expression, Expression>(given);
  for (const e of inOrder(graph)) {
    if (e.kind !== "node") continue;
    const tangents = e.inputs.map((i) => moved.get(i) ?? null);
    const derivative = derivativeOf(e);
    if (derivative === "constant" || tangents.every((t) => t === null)) continue;
    const tangent = derivative.jvp(e, tangents, build);
    if (tangent) moved.set(e, tangent);
  }
  return moved;
}

/** The rule of a node. */
export function derivativeOf(e: NodeExpression): Derivative | "constant" {
  const { derivative }: Op = OPS[e.op];
  return derivative;
}
