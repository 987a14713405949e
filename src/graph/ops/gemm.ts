import type { Expression, NodeExpression } from "../expression.ts";
import { type Build, floatOf, intOf, like, type Op, type Tensor } from "../op.ts";
import { placeOf } from "../places.ts";
import { broadcast, sameDim } from "../shape.ts";
import { Add } from "./elementwise.ts";

/** y = alpha op(A) op(B) + C, where op transposes when `transA` or `transB` is 1. A: m x k, B: k x n, C broadcasts to m x n. */
export const Gemm: Op = {
  name: "Gemm",
  shape([a, b, c], attributes) {
    const [m, inner] = oriented(a!, intOf(attributes, "transA", 0));
    const [k, n] = oriented(b!, intOf(attributes, "transB", 0));
    sameDim("Gemm: inner dimensions differ", inner, k);
    return c ? broadcast([m, n], c) : [m, n];
  },
  value([a, b, c], attributes) {
    const { transA, transB, alpha } = optionsOf(attributes);
    const [m, inner] = oriented(a!.dims, Number(transA));
    const [, n] = oriented(b!.dims, Number(transB));
    const dims = [m, n];
    const product = like(a!, dims, (p) => {
      const [i, j] = placeOf(p, dims) as [number, number];
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += entry(a!, i, k, transA) * entry(b!, k, j, transB);
      return alpha * sum;
    });
    return c ? Add.value([product, c], {}) : product;
  },
  derivative: {
    jvp(e, [a, b, c], { gemm, sum, expandTo }) {
      const options = optionsOf(e.attributes);
      const [x, y] = e.inputs as [Expression, Expression];
      const product = sum(a && gemm(a, y, options), b && gemm(x, b, options));
      return sum(product, c && expandTo(c, e.shape));
    },
    transpose: (e, at, cotangent, build) =>
      at === 2 ? build.sumTo(cotangent, e.inputs[2]!.shape) : factorOf(e, at, cotangent, build),
  },
};

/** The cotangent of a factor: with the other one, turned so that the dimensions fit. */
function factorOf(e: NodeExpression, at: number, cotangent: Expression, { gemm }: Build): Expression {
  const { transA, transB, alpha } = optionsOf(e.attributes);
  const [a, b] = e.inputs as [Expression, Expression];
  if (at === 0) {
    return transA
      ? gemm(b, cotangent, { alpha, transA: transB, transB: true })
      : gemm(cotangent, b, { alpha, transB: !transB });
  }
  return transB
    ? gemm(cotangent, a, { alpha, transA: true, transB: transA })
    : gemm(a, cotangent, { alpha, transA: !transA });
}

function optionsOf(attributes: NodeExpression["attributes"]) {
  return {
    alpha: floatOf(attributes, "alpha", 1),
    transA: intOf(attributes, "transA", 0) === 1,
    transB: intOf(attributes, "transB", 0) === 1,
  };
}

function oriented<D>(dims: readonly D[], transposed: number): [D, D] {
  return transposed ? [dims[1]!, dims[0]!] : [dims[0]!, dims[1]!];
}

function entry(t: Tensor, i: number, j: number, transposed: boolean): number {
  return Number(transposed ? t.data[j * t.dims[1]! + i]! : t.data[i * t.dims[1]! + j]!);
}
