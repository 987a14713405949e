import type { Expression } from "../expression.ts";
import { like, type Op } from "../op.ts";
import { broadcastOffset, placeOf } from "../places.ts";
import { broadcast, type Dim, sameDim } from "../shape.ts";

/** y = A B over the last two dimensions, those before broadcast. A: ... x m x k, B: ... x k x n, two dimensions each at least. */
export const MatMul: Op = {
  name: "MatMul",
  shape([a, b]) {
    sameDim("MatMul: inner dimensions differ", a!.at(-1)!, b!.at(-2)!);
    return [...broadcast(a!.slice(0, -2), b!.slice(0, -2)), a!.at(-2)!, b!.at(-1)!];
  },
  value([a, b]) {
    const dims = MatMul.shape([a!.dims, b!.dims], {}) as number[];
    const [inner, n] = [a!.dims.at(-1)!, b!.dims.at(-1)!];
    return like(a!, dims, (p) => {
      const place = placeOf(p, dims);
      const before = place.slice(0, -2);
      const [i, j] = place.slice(-2) as [number, number];
      const from = broadcastOffset(before, a!.dims.slice(0, -2)) * a!.dims.at(-2)! * inner + i * inner;
      const to = broadcastOffset(before, b!.dims.slice(0, -2)) * inner * n + j;
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += Number(a!.data[from + k]) * Number(b!.data[to + k * n]);
      return sum;
    });
  },
  derivative: {
    jvp(e, [a, b], { matMul, sum }) {
      const [x, y] = e.inputs as [Expression, Expression];
      return sum(a && matMul(a, y), b && matMul(x, b));
    },
    transpose(e, at, cotangent, { matMul, transpose, sumTo }) {
      const other = e.inputs[1 - at]!;
      const turned = transpose(other, lastTwoSwapped(other.shape));
      const own = at === 0 ? matMul(cotangent, turned) : matMul(turned, cotangent);
      return sumTo(own, e.inputs[at]!.shape);
    },
  },
};

function lastTwoSwapped(shape: readonly Dim[]): number[] {
  const rank = shape.length;
  return Array.from({ length: rank }, (_, k) => (k < rank - 2 ? k : 2 * rank - 3 - k));
}
