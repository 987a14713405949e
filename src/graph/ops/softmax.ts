import type { NodeExpression } from "../expression.ts";
import { intOf, like, type Op, type Tensor } from "../op.ts";
import { fromStart, offsetOf, placeOf } from "../places.ts";
import { sizeOf } from "../shape.ts";

/** y = exp(a) / sum exp(a) along `axis`, the last by default. */
export const Softmax: Op = {
  name: "Softmax",
  shape: ([x]) => x!,
  value([x], attributes) {
    const { most, sums, group } = exponentials(x!, intOf(attributes, "axis", -1));
    return like(x!, x!.dims, (i) => Math.exp(Number(x!.data[i]) - most[group(i)]!) / sums[group(i)]!);
  },
  derivative: {
    jvp(e, [t], { mul, sub, reduceSum }) {
      const moved = mul(e, t!);
      return sub(moved, mul(e, reduceSum(moved, [axisOf(e)])));
    },
  },
};

/** y = a - ln sum exp(a) along `axis`. */
export const LogSoftmax: Op = {
  name: "LogSoftmax",
  shape: ([x]) => x!,
  value([x], attributes) {
    const { most, sums, group } = exponentials(x!, intOf(attributes, "axis", -1));
    return like(x!, x!.dims, (i) => Number(x!.data[i]) - most[group(i)]! - Math.log(sums[group(i)]!));
  },
  derivative: {
    jvp: (e, [t], { mul, sub, exp, reduceSum }) => sub(t!, reduceSum(mul(exp(e), t!), [axisOf(e)])),
  },
};

function axisOf({ shape, attributes }: NodeExpression): number {
  return fromStart([intOf(attributes, "axis", -1)], shape.length)[0]!;
}

/** The largest of each group along an axis, and the sum of the exponentials of what lies below it. */
function exponentials({ data, dims }: Tensor, along: number) {
  const axis = fromStart([along], dims.length)[0]!;
  const kept = dims.map((dim, k) => (k === axis ? 1 : dim));
  const group = (i: number) =>
    offsetOf(
      placeOf(i, dims).map((at, k) => (k === axis ? 0 : at)),
      kept,
    );
  const most = new Float64Array(sizeOf(kept)).fill(Number.NEGATIVE_INFINITY);
  const sums = new Float64Array(most.length);
  for (let i = 0; i < data.length; i++) most[group(i)] = Math.max(most[group(i)]!, Number(data[i]));
  for (let i = 0; i < data.length; i++) sums[group(i)]! += Math.exp(Number(data[i]) - most[group(i)]!);
  return { most, sums, group };
}
