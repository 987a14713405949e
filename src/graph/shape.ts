import { IsometerError } from "../base/index.ts";

/** A dimension: a fixed size, or the name of one that is known when the graph runs. */
export type Dim = number | string;

/** The dimensions of a tensor, outermost first. `[]` is a scalar. */
export type Shape = readonly Dim[];

/**
 * The shape of an element-wise operation over `a` and `b` (ONNX multidirectional broadcasting):
 * aligned at the last dimension, 1 stretches. A named dimension equals only itself.
 *
 * @throws internal when the shapes do not fit
 */
export function broadcast(a: Shape, b: Shape): Shape {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, k) => {
    const left = a[k - rank + a.length] ?? 1;
    const right = b[k - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw shapeError("shapes do not broadcast", a, b);
  });
}

/** @throws internal unless both dimensions are the same number or the same name. */
export function sameDim(what: string, a: Dim, b: Dim): void {
  if (a !== b) throw shapeError(what, [a], [b]);
}

export function shapeError(what: string, a: Shape, b: Shape): IsometerError {
  return new IsometerError("internal", `graph: ${what}: [${a.join(", ")}] and [${b.join(", ")}]`);
}

/** The number of elements of a shape without named dimensions. */
export function sizeOf(shape: readonly number[]): number {
  return shape.reduce((product, dim) => product * dim, 1);
}
