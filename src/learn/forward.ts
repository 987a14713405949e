import { type Matrix, type PointRows, ranges, sharedFloat32, type Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import { inOrder, input, simplify, slice, toOnnx } from "../graph/index.ts";
import { flat } from "./algebra.ts";
import type { ForwardSetup } from "./forward.kernel.ts";
import type { Layout, Place } from "./layout.ts";
import { inputOf } from "./losses.ts";
import type { Layer, Scope } from "./networks/index.ts";

/** A network over blocks of rows whose weights are given when it runs: one graph for all of a training. Plain data. */
export interface ForwardPlan {
  readonly model: Uint8Array;
  readonly block: number;
  readonly inputs: number;
  readonly outputs: number;
  /** Where the weights that it takes lie. */
  readonly places: readonly Place[];
}

/** Rows in one run. */
const BLOCK = 256;

/** Plans the values of a layer as it will be used: running statistics, not those of the block. Of its columns the first `outputs`. */
export function planForward(layer: Layer, layout: Layout, inputs: number, outputs: number): ForwardPlan {
  const places = [...layout.parameters, ...layout.running];
  const values = new Map(places.map((place) => [place.name, inputOf(place)]));
  const scope: Scope = { value: (name) => values.get(name)!, isTraining: false, update: () => {} };
  const rows = input("rows", [BLOCK, inputs]);
  const y = slice(flat(layer.apply(rows, scope)), 1, 0, outputs);
  const graph = simplify({ outputs: { y } });
  const used = new Set(inOrder(graph).flatMap((e) => (e.kind === "input" ? [e.name] : [])));
  return {
    model: toOnnx(graph),
    block: BLOCK,
    inputs,
    outputs,
    places: places.filter(({ name }) => used.has(name)),
  };
}

/** The values of a network at some rows, n x outputs. */
export async function forward(
  plan: ForwardPlan,
  values: Float32Array,
  points: PointRows,
  at: Int32Array,
  { engine, ...watch }: Watch & { readonly engine: EngineInfo },
): Promise<Matrix> {
  const setup: ForwardSetup = { plan, points, at, values, out: sharedFloat32(at.length * plan.outputs) };
  await runBlocks<readonly [number, number], null, null>({
    ...watch,
    engine,
    kernel: kernelUrl("./forward.kernel.js", import.meta.url),
    setup,
    tasks: ranges(at.length, plan.block),
    stage: "codes",
  });
  return { data: setup.out, rows: at.length, cols: plan.outputs };
}
