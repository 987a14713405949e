import { type Expression, type Graph, inOrder, OPS, type Tensor } from "../graph/index.ts";

/**
 * Evaluates a graph slowly and readably, op by op, with each op's own `value`.
 * The truth that the fast engine is tested against; never used to serve a result.
 */
export function evaluate(graph: Graph, feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const values = new Map<Expression, Tensor>();
  for (const e of inOrder(graph)) {
    const value = evaluateOne(e, feeds, values);
    values.set(e, value);
  }
  return Object.fromEntries(Object.entries(graph.outputs).map(([name, e]) => [name, values.get(e)!]));
}

function evaluateOne(
  e: Expression,
  feeds: Readonly<Record<string, Tensor>>,
  values: ReadonlyMap<Expression, Tensor>,
): Tensor {
  if (e.kind === "input") return feeds[e.name]!;
  if (e.kind === "constant") return { data: e.data, dims: e.shape };
  const inputs = e.inputs.map((i) => values.get(i)!);
  return OPS[e.op].value(inputs, e.attributes);
}
