import { IsometerError } from "../base/index.ts";
import * as build from "./expression.ts";
import { type Expression, type Graph, type InputExpression, inOrder, input } from "./expression.ts";
import { derivativeOf, jvp } from "./jvp.ts";

/** Cotangents of outputs: the derivatives of some number with respect to them, of their shapes. Those that are not there are 0. */
export type Cotangents = Readonly<Record<string, Expression>>;

/**
 * Backward derivatives: J' c for cotangents c of the outputs of a graph, as expressions over them and its inputs, for each input asked for (null: it has no part).
 *
 * Tangents are linear in those of the inputs, so their graph is turned round, operation by operation, each by the rule of its transpose. With one output of one number and the
 * cotangent 1 this is the gradient. Cost to run: some two to three times that of the graph.
 *
 * @throws no-derivative where an operation that tangents are made of has no transpose
 */
export function vjp(
  graph: Graph,
  wanted: readonly InputExpression[],
  cotangents: Cotangents,
): readonly (Expression | null)[] {
  const tangents = new Map(wanted.map((x, k) => [x, input(`tangent:${k}`, x.shape, x.type)]));
  const moved = jvp(graph, tangents);
  const ends = Object.entries(cotangents).flatMap(([name, cotangent]) => {
    const tangent = moved[name];
    return tangent ? [{ tangent, cotangent }] : [];
  });
  const found = transposed(ends, new Set(tangents.values()));
  return wanted.map((x) => found.get(tangents.get(x)!) ?? null);
}

/** The cotangents of `starts`, given those of the ends of a graph that is linear in them. */
function transposed(
  ends: readonly { readonly tangent: Expression; readonly cotangent: Expression }[],
  starts: ReadonlySet<Expression>,
): ReadonlyMap<Expression, Expression> {
  const order = inOrder({ outputs: Object.fromEntries(ends.map(({ tangent }, k) => [k, tangent])) });
  const linear = new Set<Expression>(starts);
  for (const e of order) if (e.kind === "node" && e.inputs.some((i) => linear.has(i))) linear.add(e);
  const found = new Map<Expression, Expression>();
  const more = (e: Expression, cotangent: Expression) => {
    found.set(e, build.sum(found.get(e) ?? null, cotangent)!);
  };
  for (const { tangent, cotangent } of ends) more(tangent, cotangent);
  for (const e of order.toReversed()) {
    const cotangent = found.get(e);
    if (!cotangent || e.kind !== "node" || !linear.has(e)) continue;
    const derivative = derivativeOf(e);
    if (derivative === "constant") continue;
    const { transpose } = derivative;
    e.inputs.forEach((i, at) => {
      if (!linear.has(i)) return;
      if (!transpose) throw new IsometerError("no-derivative", `${e.op} has no rule for its transpose`);
      more(i, transpose(e, at, cotangent, build));
    });
  }
  return found;
}
