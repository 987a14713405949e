import { type Network, readBatch } from "../../engine/index.ts";
import { cast, type Expression, input, jvp, reshape, simplify, toOnnx, vjp } from "../../graph/index.ts";

/** How Jacobians that are too large to be written down are multiplied. Plain data: block workers get it. */
export interface SketchPlan {
  /** From the smaller side to the larger: J v where there are no more inputs than outputs, else J' v. Inputs x and v, output w. */
  readonly there: Uint8Array;
  /** From the larger side to the smaller. Inputs x and w, output v. */
  readonly back: Uint8Array;
  readonly inputs: number;
  readonly outputs: number;
  readonly block: number;
  readonly x: { readonly name: string; readonly dims: readonly number[]; readonly isDouble: boolean };
  /** Products in one run of Lanczos. */
  readonly steps: number;
}

/** Products in one run of Lanczos at most. */
const MOST_STEPS = 32;

/** Numbers that the vectors of a block may hold, and the largest value of a run. */
const VECTOR_NUMBERS = 2 ** 22;
const RUN_NUMBERS = 2 ** 20;
const MOST_ROWS = 64;

export function planSketch(network: Network): SketchPlan {
  const { inputs, outputs, widest, batch, source, output, inputShape } = network;
  const short = Math.min(inputs, outputs);
  const steps = Math.min(MOST_STEPS, short);
  const fitting = Math.min(
    MOST_ROWS,
    Math.floor(VECTOR_NUMBERS / (steps * (inputs + outputs))),
    Math.floor(RUN_NUMBERS / widest),
  );
  const block = batch === null ? Math.max(1, fitting) : Math.max(1, batch);
  const { graph, x } = readBatch(source, output, batch === 0 ? inputShape : [block, ...inputShape]);
  const y = graph.outputs[output]!;
  const given = (name: string, size: number, like: Expression) =>
    reshape(cast(input(name, [block, size]), like.type), like.shape);
  const written = (name: string, e: Expression, size: number) =>
    toOnnx(simplify({ outputs: { [name]: cast(reshape(e, [block, size]), "float") } }));
  const isForward = inputs <= outputs;
  const forward = (v: string) => jvp(graph, new Map([[x, given(v, inputs, x)]]))[output]!;
  const backward = (v: string) => vjp(graph, [x], { [output]: given(v, outputs, y) })[0]!;
  return {
    there: isForward ? written("w", forward("v"), outputs) : written("w", backward("v"), inputs),
    back: isForward ? written("v", backward("w"), inputs) : written("v", forward("w"), outputs),
    inputs,
    outputs,
    block,
    x: { name: x.name, dims: x.shape as number[], isDouble: x.type === "double" },
    steps,
  };
}
