import { IsometerError, type Matrix, matrix, pointRows, type Warning } from "../../base/index.ts";
import {
  type EngineInfo,
  type EngineOptions,
  findEngine,
  type ModelSource,
  type Network,
  openNetwork,
  openSession,
  readBatch,
  valuesAt,
} from "../../engine/index.ts";
import { cast, type Expression, input, reshape, simplify, toOnnx, vjp } from "../../graph/index.ts";

/** A decoder f: R^d -> R^D, ready to be run. */
export interface Decoder {
  readonly network: Network;
  readonly engine: EngineInfo;
  readonly warnings: readonly Warning[];
  /** f of each row, n x d to n x D. */
  decode(codes: Matrix): Promise<Matrix>;
}

/**
 * Opens an ONNX model as a decoder.
 *
 * @param cols d, the dimensions of codes
 * @throws bad-value where codes do not fit; unsupported-model for several inputs, or outputs that are no numbers; bad-format; bad-option
 */
export async function openDecoder(
  model: ModelSource,
  cols: number,
  options: EngineOptions = {},
): Promise<Decoder> {
  const engine = await findEngine(options);
  const network = openNetwork(model, cols);
  return {
    network,
    engine,
    warnings: network.warnings,
    decode: (codes) =>
      valuesAt(
        network,
        pointRows(codes),
        Int32Array.from({ length: codes.rows }, (_, i) => i),
        { engine },
      ),
  };
}

/** What a decoder makes of codes, and the way back for derivatives. It is closed by who opened it. */
export interface Slope {
  /** f of each row, n x D. */
  values(codes: Matrix): Promise<Float32Array>;
  /** J' c of each row, n x d, for cotangents c, n x D. */
  pull(codes: Matrix, cotangents: Float32Array): Promise<Float32Array>;
  close(): Promise<void>;
}

/** Numbers of the largest value inside a run. */
const RUN_NUMBERS = 2 ** 21;

/**
 * Sessions for a decoder and its backward derivative, for some rows at a time. All threads are in one session: what a path needs is computed one after the other.
 *
 * @param rows points that are looked at together; fewer in one run where the model is wide, or takes a number of its own
 * @throws no-derivative where the model has an operation without a rule, or gives the same for all codes
 */
export async function openSlope(decoder: Decoder, rows: number): Promise<Slope> {
  const { inputs, outputs } = decoder.network;
  const { block, x, value, pulled } = slopeGraph(decoder.network, rows);
  const open = (ends: Readonly<Record<string, Expression>>) =>
    openSession(toOnnx(simplify({ outputs: ends })), decoder.engine, decoder.engine.threads);
  const forward = await open({ value });
  // With the value, so that the input is there where derivatives are the same everywhere.
  const backward = await open({ value, pulled });
  const at = new Float32Array(block * inputs);
  const feed = () => ({
    [x.name]: { data: x.type === "double" ? Float64Array.from(at) : at, dims: x.shape as number[] },
  });
  const blocks = async (
    codes: Matrix,
    cols: number,
    run: (start: number, out: Float32Array) => Promise<void>,
  ) => {
    const all = new Float32Array(codes.rows * cols);
    const out = new Float32Array(block * cols);
    for (let start = 0; start < codes.rows; start += block) {
      at.fill(0).set(codes.data.subarray(start * inputs, (start + block) * inputs));
      await run(start, out);
      all.set(out.subarray(0, (codes.rows - start) * cols), start * cols);
    }
    return all;
  };
  return {
    values: (codes) =>
      blocks(codes, outputs, (_, data) => forward.run(feed(), { value: { data, dims: [block, outputs] } })),
    pull: (codes, cotangents) =>
      blocks(codes, inputs, async (start, data) => {
        const own = new Float32Array(block * outputs);
        own.set(cotangents.subarray(start * outputs, (start + block) * outputs));
        const feeds = { ...feed(), cotangent: { data: own, dims: [block, outputs] } };
        await backward.run(feeds, { pulled: { data, dims: [block, inputs] } });
      }),
    async close() {
      await forward.close();
      await backward.close();
    },
  };
}

/** The values of a block of codes, block x D, and what comes back for "cotangent", block x d. */
function slopeGraph(network: Network, rows: number) {
  const { source, output, inputShape, inputs, outputs, batch, widest, refusal } = network;
  if (refusal !== null) {
    throw new IsometerError(
      "no-derivative",
      `a geodesic needs the derivatives of ${source.name}: ${refusal}`,
      {
        hint: "A path along the data (data) needs none.",
      },
    );
  }
  const fitting = Math.max(1, Math.min(rows, Math.floor(RUN_NUMBERS / Math.max(widest, outputs))));
  const block = batch === null ? fitting : Math.max(1, batch);
  const { graph, x } = readBatch(source, output, batch === 0 ? inputShape : [block, ...inputShape]);
  const y = graph.outputs[output]!;
  const cotangent = reshape(cast(input("cotangent", [block, outputs]), y.type), y.shape);
  const [pulled] = vjp(graph, [x], { [output]: cotangent });
  if (!pulled) {
    throw new IsometerError(
      "no-derivative",
      `${source.name} gives the same for all codes: no way is shorter`,
    );
  }
  const flat = (e: Expression, cols: number) => cast(reshape(e, [block, cols]), "float");
  return { block, x, value: flat(y, outputs), pulled: flat(pulled, inputs) };
}

/** What paths are looked at in: the rows of a decoder, or the codes themselves where there is none. */
export async function decoded(decoder: Decoder | null, codes: Matrix): Promise<Matrix> {
  return decoder ? decoder.decode(codes) : matrix(codes.data, codes.rows, codes.cols);
}
