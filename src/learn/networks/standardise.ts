import { IsometerError } from "../../base/index.ts";
import { add, constant, div, type Expression, mul, sub } from "../../graph/index.ts";
import { like } from "../algebra.ts";
import { type Layer, stateless } from "./layer.ts";

/** Where data lie, and how large they are. */
export interface Standard {
  /** Of each column. */
  readonly mean: ArrayLike<number>;
  /** Of all columns, which keeps distances up to scale, or of each. Above 0. */
  readonly scale: number | ArrayLike<number>;
}

/** (x - mean) / scale, B x n to B x n. Nothing of it is trained. @throws bad-value where a scale is not above 0 */
export function standardise({ mean, scale }: Standard): Layer {
  checkScale(scale);
  return stateless((x) => div(sub(x, row(x, mean)), scaleFor(x, scale)));
}

/** Its inverse, x scale + mean. @throws bad-value where a scale is not above 0 */
export function unstandardise({ mean, scale }: Standard): Layer {
  checkScale(scale);
  return stateless((x) => add(mul(x, scaleFor(x, scale)), row(x, mean)));
}

function checkScale(scale: Standard["scale"]): void {
  const wrong = (typeof scale === "number" ? [scale] : Array.from(scale)).findIndex((each) => !(each > 0));
  if (wrong >= 0) {
    throw new IsometerError("bad-value", `column ${wrong} has no scale that data can be divided by`, {
      needed: "numbers above 0",
    });
  }
}

function scaleFor(x: Expression, scale: Standard["scale"]): Expression {
  return typeof scale === "number" ? like(x, scale) : row(x, scale);
}

function row(x: Expression, values: ArrayLike<number>): Expression {
  const data = x.type === "double" ? Float64Array.from(values) : Float32Array.from(values);
  return constant(data, [1, values.length]);
}
