import {
  constant,
  div,
  type Expression,
  expandTo,
  input,
  jvp,
  log,
  matMul,
  max,
  mul,
  node,
  reshape,
  slice,
  sqrt,
  sub,
  substitute,
  sum,
  transpose,
} from "../../graph/index.ts";
import { like, meanAll, rowSums, square } from "../algebra.ts";
import type { RowMap } from "../directional.ts";
import type { Feeds } from "../feeds.ts";

/** Lengths below this are this, and have no derivative: that of a root at 0 has no end. */
const NO_LENGTH = 1e-12;

/** B x n to B x 1: Euclidean lengths of rows. */
export function lengths(rows: Expression): Expression {
  return sqrt(max(rowSums(square(rows)), like(rows, NO_LENGTH ** 2)));
}

/** B x n to one number: the mean of (length - 1)^2 over rows. */
export function offOne(rows: Expression): Expression {
  return meanAll(square(sub(lengths(rows), like(rows, 1))));
}

/** One random direction of length 1 for each row: rows x columns. */
export function unitDirections(feeds: Feeds, name: string, rows: number, columns: number): Expression {
  return feeds.ask(name, [rows, columns], { kind: "random", law: "sphere" });
}

/**
 * One random direction v of length sqrt(n) for each row, rows x n: E v v' = I, so that E |A v|^2 = |A|_F^2 (Hutchinson 1990). On the sphere and not normal: |A v| is then the same for all v
 * where A'A is a multiple of the identity, so an isometry has no noise, and one dimension none at all.
 */
export function traceDirections(feeds: Feeds, name: string, rows: number, columns: number): Expression {
  const v = unitDirections(feeds, name, rows, columns);
  return mul(v, like(v, Math.sqrt(columns)));
}

/** The identity, 1 x n x n, in the type of an expression. */
export function identity(e: Expression, n: number): Expression {
  return numbersLike(e, [1, n, n], (i) => Number(i % (n + 1) === 0));
}

/**
 * The columns of the Jacobians of a map at rows `at`, B x n, as rows: B x n x m. Cost: n forward derivatives, beside one value that they share.
 */
export function columnsAt(map: RowMap, at: Expression): Expression {
  const [count, n] = at.shape as [number, number];
  const x = input("at", at.shape, at.type);
  const y = map(x);
  const columns = Array.from({ length: n }, (_, k) => {
    const unit = expandTo(
      numbersLike(at, [1, n], (i) => Number(i === k)),
      at.shape,
    );
    const { y: moved } = jvp({ outputs: { y } }, new Map([[x, unit]]));
    return reshape(moved!, [count, 1, y.shape[1]!]);
  });
  // Put in place at once: what columns share stays one.
  return substitute(node("Concat", columns, { axis: { int: 1 } }), new Map([[x, at]]));
}

/** B x n x m to B x n x n: inner products of the columns, the pullback metric G = J'J. */
export function innerProducts(columns: Expression): Expression {
  return matMul(columns, transpose(columns, [0, 2, 1]));
}

/** The pullback metric G = J'J of a map at rows `at`: B x n x n. */
export function metricAt(map: RowMap, at: Expression): Expression {
  return innerProducts(columnsAt(map, at));
}

/** The square of the sine of the angle between a column of J and those before it, below which float32 cannot tell it from 0. */
const NO_PIVOT = 1e-6;

/**
 * ln det of B symmetric positive matrices, B x n x n to B x 1 x 1, by elimination. A pivot is at least 1e-6 of its diagonal element, so that a singular matrix has a number and a
 * derivative as well.
 */
export function logDeterminants(matrices: Expression): Expression {
  const n = matrices.shape[1] as number;
  const part = (e: Expression, rows: readonly [number, number], columns: readonly [number, number]) =>
    slice(slice(e, 1, ...rows), 2, ...columns);
  let rest = matrices;
  let total: Expression | null = null;
  for (let k = 0; k < n; k++) {
    const left = n - k;
    const own = part(matrices, [k, k + 1], [k, k + 1]);
    const least = max(mul(own, like(own, NO_PIVOT)), like(own, NO_LENGTH ** 2));
    const pivot = max(part(rest, [0, 1], [0, 1]), least);
    total = sum(total, log(pivot));
    if (left === 1) break;
    const [row, column] = [part(rest, [0, 1], [1, left]), part(rest, [1, left], [0, 1])];
    rest = sub(part(rest, [1, left], [1, left]), mul(column, div(row, pivot)));
  }
  return total!;
}

function numbersLike(e: Expression, shape: readonly number[], of: (i: number) => number): Expression {
  const length = shape.reduce((all, dim) => all * dim, 1);
  const values = Array.from({ length }, (_, i) => of(i));
  return constant(e.type === "double" ? Float64Array.from(values) : Float32Array.from(values), shape);
}
