import { type Expression, input, jvp, substitute, vjp } from "../graph/index.ts";

/** A network on a batch, as a function of expressions: B x n to B x m, row by row. */
export type RowMap = (rows: Expression) => Expression;

/** What a map gives at rows `at`, and its directional derivatives J v there: v is B x n, one direction for each row. */
export function pushed(
  map: RowMap,
  at: Expression,
  v: Expression,
): { readonly value: Expression; readonly moved: Expression } {
  const x = input("at", at.shape, at.type);
  const y = map(x);
  const { y: moved } = jvp({ outputs: { y } }, new Map([[x, v]]));
  const there = new Map([[x, at]]);
  return { value: substitute(y, there), moved: substitute(moved!, there) };
}

/** J'u of a map at rows `at`: u is B x m, one cotangent for each row. */
export function pulled(map: RowMap, at: Expression, u: Expression): Expression {
  const x = input("at", at.shape, at.type);
  const y = map(x);
  const [back] = vjp({ outputs: { y } }, [x], { y: u });
  return substitute(back!, new Map([[x, at]]));
}
