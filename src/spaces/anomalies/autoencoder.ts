import { IsometerError, type Matrix, pointRows, row, type Warning, type Watch } from "../../base/index.ts";
import {
  type EngineInfo,
  type EngineOptions,
  findEngine,
  type ModelSource,
  type Network,
  openNetwork,
  valuesAt,
} from "../../engine/index.ts";
import { type JacobianPlan, planJacobians } from "../../measure/geometry/jacobian-plan.ts";
import { jacobiansAt } from "../../measure/geometry/jacobians.ts";
import type { Given } from "./model.ts";

/** What a decoder D, and where there is one its encoder E, say of rows. */
export interface Autoencoder {
  /** Of the numbers in `given`: `residual` with an encoder, `decoderStretch` where D has derivatives. */
  readonly names: readonly string[];
  /** Those that are strange on either side of the usual. */
  readonly twoSided: readonly string[];
  readonly warnings: readonly Warning[];
  /** For rows x of data where there is an encoder, else for rows z of codes. */
  look(points: Matrix, watch?: Watch): Promise<Seen>;
}

/** What an autoencoder says of some rows. */
export interface Seen {
  readonly given: Given;
  /** D(E(x)), m x D; null without an encoder. */
  readonly back: Matrix | null;
}

/**
 * Opens a decoder, to be asked how it sees rows:
 *
 *     residual        |x - D(E(x))|: what the autoencoder cannot draw (needs the encoder)
 *     decoderStretch  ln sqrt(tr(J'J) / d) with J = D'(z), z = E(x) or the row itself: the root mean square by which the decoder stretches lengths there
 *
 * Both are columns for `given`, the second `twoSided`. Cost for m rows: m runs of E and D, and m min(d, D) of D's derivative.
 *
 * @param cols dimensions of the rows
 * @throws bad-value where rows, encoder and decoder do not fit; no-derivative where there is no encoder and D has an operation without a rule; unsupported-model; bad-format
 */
export async function openAutoencoder(
  { encoder, decoder }: { readonly encoder?: ModelSource; readonly decoder: ModelSource },
  cols: number,
  options: EngineOptions = {},
): Promise<Autoencoder> {
  const engine = await findEngine(options);
  const own = encoder ? openNetwork(encoder, cols) : null;
  const network = openNetwork(decoder, own ? own.outputs : cols);
  if (own) checkBack(own, network);
  const plan = network.refusal === null ? planJacobians(network) : null;
  if (!own && !plan) {
    throw new IsometerError("no-derivative", `${decoder.name} has no derivatives here: ${network.refusal}`, {
      hint: "Give the encoder too, and originals: then what the decoder leaves is looked at.",
    });
  }
  const run = (network: Network, rows: Matrix, watch: Watch) =>
    valuesAt(network, pointRows(rows), everyRow(rows), { engine, ...watch });
  return {
    names: [...(own ? ["residual"] : []), ...(plan ? ["decoderStretch"] : [])],
    twoSided: plan ? ["decoderStretch"] : [],
    warnings: [...(own?.warnings ?? []), ...network.warnings, ...(plan ? [] : [leftOut(network)])],
    async look(points, watch = {}) {
      const codes = own ? await run(own, points, watch) : points;
      const back = own ? await run(network, codes, watch) : null;
      const stretch = plan && { decoderStretch: await stretches(plan, codes, { engine, ...watch }) };
      return { given: { ...(back && { residual: gaps(points, back) }), ...stretch }, back };
    },
  };
}

/** ln sqrt(tr(J'J) / d) at each code. */
async function stretches(
  plan: JacobianPlan,
  codes: Matrix,
  how: Watch & { readonly engine: EngineInfo },
): Promise<Float64Array> {
  const at = everyRow(codes);
  const none = { towards: new Int32Array(0), directions: 0, steps: null };
  const { squares, rank } = await jacobiansAt(plan, { points: pointRows(codes), at, ...none, ...how });
  return Float64Array.from(at, (i) => {
    const sum = squares.subarray(i * rank, (i + 1) * rank).reduce((total, value) => total + value, 0);
    return Math.log(Math.max(sum / codes.cols, Number.MIN_VALUE)) / 2;
  });
}

const everyRow = ({ rows }: Matrix): Int32Array => Int32Array.from({ length: rows }, (_, i) => i);

/** |a - b| of each row. */
function gaps(a: Matrix, b: Matrix): Float64Array {
  return Float64Array.from({ length: a.rows }, (_, i) => {
    const [own, other] = [row(a, i), row(b, i)];
    let sum = 0;
    for (let k = 0; k < own.length; k++) sum += (own[k]! - other[k]!) ** 2;
    return Math.sqrt(sum);
  });
}

function checkBack(encoder: Network, decoder: Network): void {
  if (decoder.outputs === encoder.inputs) return;
  throw new IsometerError(
    "bad-value",
    `${encoder.source.name} takes ${encoder.inputs} numbers, ${decoder.source.name} gives ${decoder.outputs} back`,
    { needed: `${encoder.inputs} outputs`, got: `${decoder.outputs} outputs` },
  );
}

const leftOut = ({ source, refusal }: Network): Warning => ({
  code: "scores-left-out",
  message: `how ${source.name} stretches lengths is not looked at: ${refusal}`,
});
