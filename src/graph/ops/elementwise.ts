import type { Op, Tensor } from "../op.ts";
import { broadcast, sizeOf } from "../shape.ts";

/** y = a + b, with broadcasting. */
export const Add = binary("Add", (a, b) => a + b);
/** y = a - b, with broadcasting. */
export const Sub = binary("Sub", (a, b) => a - b);
/** y = a b, element by element, with broadcasting. */
export const Mul = binary("Mul", (a, b) => a * b);
/** y = max(a, 0). */
export const Relu = unary("Relu", (a) => Math.max(a, 0));
/** y = sqrt(a). */
export const Sqrt = unary("Sqrt", Math.sqrt);

function unary(name: string, f: (a: number) => number): Op {
  return {
    name,
    shape: ([a]) => a!,
    value: ([a]) => ({ data: a!.data.map(f), dims: a!.dims }),
  };
}

function binary(name: string, f: (a: number, b: number) => number): Op {
  return {
    name,
    shape: ([a, b]) => broadcast(a!, b!),
    value([a, b]) {
      const dims = broadcast(a!.dims, b!.dims) as number[];
      const data = new Float32Array(sizeOf(dims));
      const at = dims.map(() => 0);
      for (let i = 0; i < data.length; i++) {
        data[i] = f(pick(a!, at), pick(b!, at));
        advance(at, dims);
      }
      return { data, dims };
    },
  };
}

/** The element of `tensor` that broadcasts to position `at` of the result. */
function pick(tensor: Tensor, at: readonly number[]): number {
  let offset = 0;
  for (let k = 0; k < tensor.dims.length; k++) {
    const dim = tensor.dims[k]!;
    offset = offset * dim + (dim === 1 ? 0 : at[at.length - tensor.dims.length + k]!);
  }
  return tensor.data[offset]!;
}

/** The next position in row-major order. */
function advance(at: number[], dims: readonly number[]): void {
  for (let k = dims.length - 1; k >= 0; k--) {
    at[k]!++;
    if (at[k]! < dims[k]!) return;
    at[k] = 0;
  }
}
