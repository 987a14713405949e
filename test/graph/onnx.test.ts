import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { rng } from "../../src/base/index.ts";
import { evaluate, findEngine, openSession } from "../../src/engine/index.ts";
import {
  add,
  constant,
  type Expression,
  gemm,
  input,
  matMulInteger,
  mul,
  relu,
  sqrt,
  sub,
  type Tensor,
  toOnnx,
  transpose,
} from "../../src/graph/index.ts";

/** A tensor of the given dims with values from a small deterministic range. */
function tensor(dims: number[], values: number[]): Tensor {
  const size = dims.reduce((a, b) => a * b, 1);
  return { data: Float32Array.from({ length: size }, (_, i) => values[i % values.length]! + i / 7), dims };
}

/** Runs a graph in ONNX Runtime and by the reference, and compares every number. */
async function agrees(output: Expression, feeds: Record<string, Tensor>): Promise<void> {
  const graph = { outputs: { y: output } };
  const truth = evaluate(graph, feeds).y!;
  const session = await openSession(toOnnx(graph), await findEngine({ threads: 1 }));
  const y = { data: new Float32Array(truth.data.length), dims: truth.dims };
  await session.run(feeds, { y });
  for (let i = 0; i < y.data.length; i++) {
    const wanted = Number(truth.data[i]);
    expect(Math.abs(y.data[i]! - wanted)).toBeLessThan(1e-5 * (1 + Math.abs(wanted)));
  }
}

const dims = fc.record({
  m: fc.integer({ min: 1, max: 9 }),
  k: fc.integer({ min: 1, max: 9 }),
  n: fc.integer({ min: 1, max: 9 }),
});
const values = fc.array(fc.double({ min: -4, max: 4, noNaN: true }), { minLength: 1, maxLength: 12 });

describe("ops agree with the reference in ONNX Runtime", () => {
  it("element by element, broadcasting both ways", async () => {
    await fc.assert(
      fc.asyncProperty(dims, values, async ({ m, n }, v) => {
        const [a, b, c] = [input("a", ["m", "n"]), input("b", [1, "n"]), input("c", ["m", 1])];
        const feeds = { a: tensor([m, n], v), b: tensor([1, n], v), c: tensor([m, 1], v) };
        await agrees(sub(mul(add(a, b), c), sqrt(relu(a))), feeds);
      }),
      { numRuns: 20, seed: 1 },
    );
  });

  it("matrix products, transposed, scaled and shifted", async () => {
    await fc.assert(
      fc.asyncProperty(dims, values, fc.boolean(), fc.boolean(), async ({ m, k, n }, v, transA, transB) => {
        const a = input("a", transA ? ["k", "m"] : ["m", "k"]);
        const b = input("b", transB ? ["n", "k"] : ["k", "n"]);
        const feeds = {
          a: tensor(transA ? [k, m] : [m, k], v),
          b: tensor(transB ? [n, k] : [k, n], v),
          c: tensor([1, n], v),
        };
        await agrees(gemm(a, b, { alpha: -2, c: input("c", [1, "n"]), transA, transB }), feeds);
      }),
      { numRuns: 20, seed: 2 },
    );
  });

  it("transposed, whatever the number of dimensions", async () => {
    await agrees(transpose(input("a", ["m", "n"])), { a: tensor([3, 5], [1, 2, 4]) });
    await agrees(transpose(input("a", [2, 3, 4])), { a: tensor([2, 3, 4], [1, 2, 4]) });
  });

  it("products of bytes are exact integers", async () => {
    await fc.assert(
      fc.asyncProperty(dims, fc.integer(), async ({ m, k, n }, seed) => {
        const random = rng(seed);
        const a = { data: Uint8Array.from({ length: m * k }, () => random.integer(128)), dims: [m, k] };
        const columns = Int8Array.from({ length: n * k }, () => random.integer(255) - 127);
        const product = matMulInteger(input("a", ["m", k], "uint8"), transpose(constant(columns, [n, k])));
        expect(product).toMatchObject({ type: "int32", shape: ["m", n] });
        const truth = evaluate({ outputs: { product } }, { a }).product!;
        const session = await openSession(toOnnx({ outputs: { product } }), await findEngine({ threads: 1 }));
        const y = { data: new Int32Array(m * n), dims: [m, n] };
        await session.run({ a }, { product: y });
        expect(y.data).toEqual(truth.data);
      }),
      { numRuns: 20, seed: 3 },
    );
  });

  it("infers shapes, and refuses those that do not fit", () => {
    expect(gemm(input("a", ["m", 3]), input("b", [3, "n"])).shape).toEqual(["m", "n"]);
    expect(add(input("a", ["m", 1]), input("b", [4])).shape).toEqual(["m", 4]);
    expect(() => gemm(input("a", ["m", 3]), input("b", [4, "n"]))).toThrow(/inner dimensions/);
    expect(() => add(input("a", ["m", 3]), input("b", [4]))).toThrow(/broadcast/);
  });
});
