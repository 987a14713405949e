import {
  add,
  div,
  type Expression,
  expandTo,
  gemm,
  matMul,
  max,
  mul,
  node,
  reduceSum,
  reshape,
  scalar,
  slice,
  sqrt,
  sub,
  transpose,
  where,
} from "../graph/index.ts";

/** A number in the type of an expression. */
export const like = (e: Expression, value: number): Expression => scalar(value, e.type);
export const square = (e: Expression): Expression => mul(e, e);
/** The sum of all elements: one number, of shape []. */
export const sumAll = (e: Expression): Expression => node("ReduceSum", [e], { keepdims: { int: 0 } });
/** The mean of all elements: one number, of shape []. */
export const meanAll = (e: Expression): Expression => node("ReduceMean", [e], { keepdims: { int: 0 } });
/** B x n to B x 1: sums of rows. */
export const rowSums = (e: Expression): Expression => reduceSum(e, [1]);

/** The mean of the elements that count: `counted` is 1 there and 0 elsewhere. */
export function meanWhere(e: Expression, counted: Expression): Expression {
  return div(sumAll(mul(e, counted)), sumAll(counted));
}

/** B x ... to B x n. */
export function flat(e: Expression): Expression {
  const [rows, ...rest] = e.shape as number[];
  return reshape(e, [rows!, rest.reduce((all, dim) => all * dim, 1)]);
}

/** Up to so many columns differences are taken one by one: the Gram matrix loses digits of small distances. */
const FEW_COLUMNS = 4;

/** Squared Euclidean distances of rows, B x n to B x B, never below 0; those from a row to itself are 0 up to rounding. */
export function squaredDistances(rows: Expression): Expression {
  const n = rows.shape[1] as number;
  if (n <= FEW_COLUMNS) {
    const parts = Array.from({ length: n }, (_, k) => {
      const column = slice(rows, 1, k, k + 1);
      return square(sub(column, transpose(column)));
    });
    return parts.reduce((a, b) => add(a, b));
  }
  const count = rows.shape[0] as number;
  const centre = div(reduceSum(rows, [0]), like(rows, count));
  const centred = sub(rows, expandTo(centre, rows.shape));
  const squares = rowSums(square(centred));
  const products = gemm(centred, centred, { transB: true, alpha: -2 });
  return max(add(products, add(squares, transpose(squares))), like(rows, 0));
}

/**
 * Euclidean distances of the rows of a batch, B x n to B x B. Pairs that do not count (`counted` 0: a row with itself, for one) have distance 1, so that nothing has an endless
 * derivative; distances below 1e-12 are 1e-12.
 */
export function distances(rows: Expression, counted: Expression): Expression {
  const one = like(rows, 1);
  const isCounted = node("Greater", [counted, like(counted, 0.5)]);
  return sqrt(where(isCounted, max(squaredDistances(rows), like(rows, 1e-24)), one));
}

/** B x n times B x n x m: row by row, B x m. */
export function rowTimes(rows: Expression, matrices: Expression): Expression {
  const [count, n, m] = matrices.shape as [number, number, number];
  return reshape(matMul(reshape(rows, [count, 1, n]), matrices), [count, m]);
}
