import { type Expression, type Graph, inOrder, OPS, type Tensor } from "../graph/index.ts";

/**
 * Evaluates a graph slowly and readably, op by op, with each op's own `value`.
 * The truth that the fast engine is tested against; never used to serve a result.
 */
export function evaluate(graph: Graph, feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const values = new Map<Expression, Tensor>();
  for (const e of inOrder(graph)) {
    const value =
      e.kind === "input"
        ? feeds[e.name]!
        : OPS[e.op].value(
            e.inputs.map((i) => values.get(i)!),
            e.attributes,
          );
    values.set(e, value);
  }
  return Object.fromEntries(Object.entries(graph.outputs).map(([name, e]) => [name, values.get(e)!]));
}
