import type { Matrix, Rng, Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import { add, fromOnnx, substitute } from "../graph/index.ts";
import { type Algebra, linearCodes, toUnitRows } from "../linalg/index.ts";
import type { Anchors } from "./frame.ts";
import { type AlignMap, linearMap, mapRows, unitMap } from "./map.ts";

/** Trains a network from rows to rows: an ONNX model of one input and one output, and its error on rows that it did not see, as a share of what zeros have. */
export type RowTrainer = (
  from: Matrix,
  to: Matrix,
  options: Watch & { readonly engine: EngineInfo; readonly seed: number },
) => Promise<{ readonly model: Uint8Array; readonly error: number }>;

export interface ResidualFitting extends Watch {
  readonly from: Matrix;
  readonly to: Matrix;
  readonly anchors: Anchors;
  readonly algebra: Algebra;
  readonly engine: EngineInfo;
  readonly rng: Rng;
  readonly train: RowTrainer;
}

/**
 * A linear map and a small network for what it leaves: y = P(x) + f(x), f trained to give y - P(x) (the residual adapter of Drift-Adapter, EMNLP 2025, arXiv 2509.23471, begun at Procrustes). Where f errs more
 * on rows that it did not see than zeros would, P alone is left.
 */
export async function fitResidual(
  linear: AlignMap,
  { from, to, anchors, train, rng, ...how }: ResidualFitting,
): Promise<{ readonly map: AlignMap; readonly error: number }> {
  const { unitRows } = anchors;
  const plain = linearMap({ ...linear.linear!, unitRows: false, unitCodes: false });
  const [x, y] = [from, to].map((side) => {
    const own = { ...side, data: side.data.slice() };
    if (unitRows) toUnitRows(own.data, own.cols);
    return own;
  });
  const mapped = await mapRows(plain, x!, how);
  const left = { ...y!, data: y!.data.map((value, at) => value - mapped.data[at]!) };
  const { model, error } = await train(x!, left, { ...how, seed: rng.split("residual").integer(2 ** 31) });
  if (!(error < 1)) return { map: linear, error };
  const { graph, inputs } = fromOnnx(model);
  const network = Object.values(graph.outputs)[0]!;
  const map: AlignMap = {
    inputs: plain.inputs,
    outputs: plain.outputs,
    codes: (rows) =>
      add(linearCodes(plain.linear!, rows), substitute(network, new Map([[inputs[0]!, rows]]))),
  };
  return { map: unitMap(map, unitRows), error };
}
