import { type Matrix, type PointRows, ranges, sharedFloat32, type Watch } from "../base/index.ts";
import { cast, reshape, simplify, toOnnx } from "../graph/index.ts";
import { runBlocks } from "./blocks.ts";
import type { EngineInfo } from "./info.ts";
import { kernelUrl } from "./kernel.ts";
import { type Network, readBatch } from "./network.ts";
import type { ValuePlan, ValuesSetup } from "./values.kernel.ts";

/** Rows in one run at most, and numbers of its largest value. */
const MOST_ROWS = 256;
const RUN_NUMBERS = 2 ** 21;

/** Tasks that blocks are dealt out in, at least where there are as many. */
const TASKS = 16;

/** A run of a network over a block of rows: its own graph, or the model as it is where that has no rules here. */
function planValues(network: Network): ValuePlan {
  const { source, output, inputShape, outputShape, inputs, outputs, batch, widest, input } = network;
  const block =
    batch === null ? Math.max(1, Math.min(MOST_ROWS, Math.floor(RUN_NUMBERS / widest))) : Math.max(1, batch);
  const dims = batch === 0 ? inputShape : [block, ...inputShape];
  const shared = { block, inputs, outputs, x: { name: input.name, dims, isDouble: input.type === "double" } };
  if (network.refusal !== null) {
    const own = batch === 0 ? outputShape : [block, ...outputShape];
    return {
      ...shared,
      model: source.bytes,
      y: { name: output, dims: own, isDouble: network.outputType === "double" },
    };
  }
  const { graph } = readBatch(source, output, dims);
  const y = cast(reshape(graph.outputs[output]!, [block, outputs]), "float");
  return {
    ...shared,
    model: toOnnx(simplify({ outputs: { y } })),
    y: { name: "y", dims: [block, outputs], isDouble: false },
  };
}

/** The values of a network at some rows, n x outputs: in fresh shared memory, or in the shared memory that is given. */
export async function valuesAt(
  network: Network,
  points: PointRows,
  at: Int32Array,
  { engine, into, ...watch }: Watch & { readonly engine: EngineInfo; readonly into?: Float32Array },
): Promise<Matrix> {
  const plan = planValues(network);
  const size = at.length * network.outputs;
  const setup: ValuesSetup = { plan, points, at, values: into?.subarray(0, size) ?? sharedFloat32(size) };
  await runBlocks<readonly [number, number], null, null>({
    ...watch,
    engine,
    kernel: kernelUrl("./values.kernel.js", import.meta.url),
    setup,
    tasks: ranges(at.length, plan.block * Math.max(1, Math.floor(at.length / plan.block / TASKS))),
    stage: "values",
  });
  return { data: setup.values, rows: at.length, cols: network.outputs };
}
