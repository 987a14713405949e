import { type Op, tensorOf } from "../op.ts";
import { placeOf } from "../places.ts";
import { sameDim } from "../shape.ts";

/** y = A B of 8-bit integers, in int32, exact. A: m x k, B: k x n. Zero points are 0. */
export const MatMulInteger: Op = {
  name: "MatMulInteger",
  type: "int32",
  shape([a, b]) {
    sameDim("MatMulInteger: inner dimensions differ", a![1]!, b![0]!);
    return [a![0]!, b![1]!];
  },
  value([a, b]) {
    const [m, inner] = a!.dims as [number, number];
    const n = b!.dims[1]!;
    return tensorOf("int32", [m, n], (p) => {
      const [i, j] = placeOf(p, [m, n]) as [number, number];
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += Number(a!.data[i * inner + k]) * Number(b!.data[k * n + j]);
      return sum;
    });
  },
  derivative: "constant",
};
