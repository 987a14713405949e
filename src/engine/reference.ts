import { type Expression, type Graph, inOrder, OPS, type Op, type Tensor } from "../graph/index.ts";

/**
 * Evaluates a graph slowly and readably, op by op, with each op's own `value`. The truth that the fast engine is tested against; never used to serve a result.
 *
 * Given float64 numbers, all of it is float64, constants too: what central differences need.
 */
export function evaluate(graph: Graph, feeds: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const values = new Map<Expression, Tensor>();
  const isDouble = Object.values(feeds).some(({ data }) => data instanceof Float64Array);
  for (const e of inOrder(graph)) {
    const value = evaluateOne(e, feeds, values);
    values.set(e, isDouble ? doubled(value) : value);
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
  const rule: Op = OPS[e.op];
  return rule.value(
    e.inputs.map((i) => values.get(i)!),
    e.attributes,
  );
}

function doubled({ data, dims }: Tensor): Tensor {
  return { data: data instanceof Float32Array ? Float64Array.from(data) : data, dims };
}
