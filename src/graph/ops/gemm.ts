import { floatOf, intOf, type Op, type Tensor } from "../op.ts";
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
    const transA = intOf(attributes, "transA", 0);
    const transB = intOf(attributes, "transB", 0);
    const alpha = floatOf(attributes, "alpha", 1);
    const [m, inner] = oriented(a!.dims, transA);
    const [, n] = oriented(b!.dims, transB);
    const data = new Float32Array(m * n);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += entry(a!, i, k, transA) * entry(b!, k, j, transB);
        data[i * n + j] = alpha * sum;
      }
    }
    const product = { data, dims: [m, n] };
    return c ? Add.value([product, c], {}) : product;
  },
};

function oriented<D>(dims: readonly D[], transposed: number): [D, D] {
  return transposed ? [dims[1]!, dims[0]!] : [dims[0]!, dims[1]!];
}

function entry(t: Tensor, i: number, j: number, transposed: number): number {
  return transposed ? t.data[j * t.dims[1]! + i]! : t.data[i * t.dims[1]! + j]!;
}
