import { type Attributes, intsOf, type Op } from "../op.ts";

/** y[..., i_p0, i_p1, ...] = x: dimension k of the result is dimension perm[k] of the input. Default: all reversed. */
export const Transpose: Op = {
  name: "Transpose",
  shape: ([x], attributes) => permOf(x!.length, attributes).map((from) => x![from]!),
  value([x], attributes) {
    const perm = permOf(x!.dims.length, attributes);
    const dims = perm.map((from) => x!.dims[from]!);
    const data = x!.data.slice();
    for (let i = 0; i < data.length; i++) data[i] = x!.data[source(i, x!.dims, dims, perm)]!;
    return { data, dims };
  },
};

function permOf(rank: number, attributes: Attributes): readonly number[] {
  const reversed = Array.from({ length: rank }, (_, k) => rank - 1 - k);
  return intsOf(attributes, "perm", reversed);
}

/** Where element i of the result comes from. */
function source(i: number, from: readonly number[], to: readonly number[], perm: readonly number[]): number {
  const index = from.map(() => 0);
  let rest = i;
  for (let k = to.length - 1; k >= 0; k--) {
    index[perm[k]!] = rest % to[k]!;
    rest = Math.floor(rest / to[k]!);
  }
  return index.reduce((offset, at, k) => offset * from[k]! + at, 0);
}
