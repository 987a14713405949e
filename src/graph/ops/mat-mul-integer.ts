import type { Op } from "../op.ts";
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
    const data = new Int32Array(m * n);
    for (let i = 0; i < m; i++) {
      for (let j = 0; j < n; j++) {
        for (let k = 0; k < inner; k++) data[i * n + j]! += a!.data[i * inner + k]! * b!.data[k * n + j]!;
      }
    }
    return { data, dims: [m, n] };
  },
};
