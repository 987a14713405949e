import type { Kernel, KernelTools } from "../engine/index.ts";
import { input, matMul, mul, reduceSum, scalar, simplify, sqrt, sub, toOnnx, vjp } from "../graph/index.ts";

/** Set-up of the stress of a linear map over pairs; the map is read anew for each task. */
export interface PairStressSetup {
  /** Differences of the rows of each pair, pairs x inputs, on shared memory; and their lengths. */
  readonly differences: Float32Array;
  readonly lengths: Float32Array;
  /** The map, inputs x outputs, on shared memory. */
  readonly weights: Float32Array;
  readonly inputs: number;
  readonly outputs: number;
  /** Pairs in a task. */
  readonly block: number;
}

/** What some pairs add: the sum of (|v W| - |v|)^2, and its derivative by W. */
export interface PairStress {
  readonly loss: number;
  readonly gradient: Float32Array;
}

/** A task is the first of a block of pairs. */
export async function open(
  { differences, lengths, weights, inputs, outputs, block }: PairStressSetup,
  tools: KernelTools,
): Promise<Kernel<number, PairStress, null>> {
  const v = input("v", [block, inputs]);
  const w = input("w", [inputs, outputs]);
  const wanted = input("wanted", [block]);
  const codes = matMul(v, w);
  // The root of nothing has no slope.
  const off = sub(sqrt(addTiny(reduceSum(mul(codes, codes), [1], false))), wanted);
  const loss = reduceSum(mul(off, off), [0], false);
  const gradient = vjp({ outputs: { loss } }, [w], { loss: scalar(1, "float") })[0]!;
  const session = await tools.session(toOnnx(simplify({ outputs: { loss, gradient } })));
  return {
    async run(first) {
      const found = { data: new Float32Array(1), dims: [] };
      const slope = new Float32Array(inputs * outputs);
      await session.run(
        {
          v: { data: differences.slice(first * inputs, (first + block) * inputs), dims: [block, inputs] },
          w: { data: weights.slice(), dims: [inputs, outputs] },
          wanted: { data: lengths.slice(first, first + block), dims: [block] },
        },
        { loss: found, gradient: { data: slope, dims: [inputs, outputs] } },
      );
      return { loss: found.data[0]!, gradient: slope };
    },
    finish: () => null,
  };
}

function addTiny(e: ReturnType<typeof reduceSum>) {
  return sub(e, scalar(-1e-30, "float"));
}
