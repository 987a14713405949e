import { type Expression, inOrder, node } from "./expression.ts";

/** The same expression of other values: what `made` has stands in for what it is of. Parts without any of these are shared. */
export function substitute(e: Expression, made: ReadonlyMap<Expression, Expression>): Expression {
  const found = new Map<Expression, Expression>(made);
  for (const each of inOrder({ outputs: { e } })) {
    if (found.has(each)) continue;
    if (each.kind !== "node") {
      found.set(each, each);
      continue;
    }
    const inputs = each.inputs.map((i) => found.get(i)!);
    const isSame = inputs.every((i, k) => i === each.inputs[k]);
    found.set(each, isSame ? each : node(each.op, inputs, each.attributes));
  }
  return found.get(e)!;
}
