import { type Network, readBatch } from "../../engine/index.ts";
import {
  cast,
  type Expression,
  expandTo,
  input,
  jvp,
  reshape,
  simplify,
  toOnnx,
  vjp,
} from "../../graph/index.ts";

/** How Jacobians of a network are computed, block by block. Plain data: block workers get it. */
export interface JacobianPlan {
  readonly model: Uint8Array;
  /** Columns by directions of the inputs (forward), rows by directions of the outputs (backward), or columns by differences of the model as it is. */
  readonly by: "columns" | "rows" | "differences";
  readonly inputs: number;
  readonly outputs: number;
  /** Rows of points in one run. */
  readonly block: number;
  /** Directions in one run. */
  readonly seeds: number;
  readonly x: { readonly name: string; readonly dims: readonly number[]; readonly isDouble: boolean };
  /** Of one seed: one row of inputs, or of outputs. */
  readonly seedDims: readonly number[];
  readonly seedIsDouble: boolean;
  /** Of differences: what the output is called, and its dimensions. */
  readonly y: { readonly name: string; readonly dims: readonly number[]; readonly isDouble: boolean };
}

/** Directions in one run: the value of the network is computed once for all of them. */
const MOST_SEEDS = 16;

/** Numbers that the Jacobians of a block may hold, and that the largest value of a run may. */
const BLOCK_NUMBERS = 2 ** 22;
const RUN_NUMBERS = 2 ** 20;

/** Rows beyond this make a run no faster. */
const MOST_ROWS = 128;

/**
 * One graph that gives the value of a network at a block of points and its derivatives along some directions: forward where there are fewer inputs than outputs, else backward.
 * A full Jacobian takes as many directions as the smaller side has dimensions.
 */
export function planJacobians(network: Network): JacobianPlan {
  const { inputs, outputs, widest, batch, source, output, inputShape, refusal } = network;
  const short = Math.min(inputs, outputs);
  const fitting = Math.min(
    MOST_ROWS,
    Math.floor(BLOCK_NUMBERS / (inputs * outputs)),
    Math.floor(RUN_NUMBERS / widest),
  );
  const block = batch === null ? Math.max(1, fitting) : Math.max(1, batch);
  const dims = batch === 0 ? inputShape : [block, ...inputShape];
  if (refusal !== null) return planDifferences(network, block, dims);
  const { graph, x } = readBatch(source, output, dims);
  const y = graph.outputs[output]!;
  const seeds = Math.min(MOST_SEEDS, short);
  const by = inputs <= outputs ? "columns" : "rows";
  const end = by === "columns" ? x : y;
  const seedDims = batch === 0 ? (end.shape as number[]) : [1, ...(end.shape.slice(1) as number[])];
  const spread = Array.from({ length: seeds }, (_, k) =>
    expandTo(input(`s${k}`, seedDims, end.type), end.shape),
  );
  const parts = spread.map((seed): Expression | null =>
    by === "columns" ? jvp(graph, new Map([[x, seed]]))[output]! : vjp(graph, [x], { [output]: seed })[0]!,
  );
  const flat = (e: Expression, length: number) => cast(reshape(e, [block, length]), "float");
  const long = by === "columns" ? outputs : inputs;
  const derivatives = parts.flatMap((part, k) => (part ? [[`j${k}`, flat(part, long)] as const] : []));
  return {
    model: toOnnx(simplify({ outputs: Object.fromEntries(derivatives) })),
    by,
    inputs,
    outputs,
    block,
    seeds: derivatives.length,
    x: { name: x.name, dims: x.shape as number[], isDouble: x.type === "double" },
    seedDims,
    seedIsDouble: end.type === "double",
    y: { name: output, dims: y.shape as number[], isDouble: y.type === "double" },
  };
}

function planDifferences(
  { source, inputs, outputs, output, outputShape, outputType, batch, input: { name, type } }: Network,
  block: number,
  dims: readonly number[],
): JacobianPlan {
  return {
    model: source.bytes,
    by: "differences",
    inputs,
    outputs,
    block,
    seeds: 1,
    x: { name, dims, isDouble: type === "double" },
    seedDims: [],
    seedIsDouble: false,
    y: {
      name: output,
      dims: batch === 0 ? outputShape : [block, ...outputShape],
      isDouble: outputType === "double",
    },
  };
}
