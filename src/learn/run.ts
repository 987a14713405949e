import { type Matrix, type Points, pointRows, type Warning, type Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import { slice } from "../graph/index.ts";
import { type ForwardPlan, forward, planForward } from "./forward.ts";
import type { Layout } from "./layout.ts";
import { layerToOnnx, sequence, stateless } from "./networks/index.ts";
import { type Prepared, type PrepareSpec, prepareTraining } from "./prepare.ts";
import { type EpochRecord, type Look, type TrainingOptions, type TrainingState, train } from "./training.ts";

/** A model with the numbers that it has at some moment. */
export interface Snapshot {
  /** Codes of some rows, n x d. */
  codes(points: Points, at?: Int32Array): Promise<Matrix>;
  /** Rows that codes are decoded to, n x D. Null: there is no decoder. */
  readonly decode: ((codes: Matrix) => Promise<Matrix>) | null;
  /** ONNX models: data as given to codes ("x" to "y"), and back. */
  save(metadata: Readonly<Record<string, string>>): {
    readonly encoder: Uint8Array;
    readonly decoder: Uint8Array | null;
  };
}

/** A training that is ready to run, and to be looked at. */
export interface TrainingRun {
  readonly prepared: Prepared;
  /** Its steps; see `train`. `look` is given the model as it is. */
  steps(
    state: TrainingState,
    options: Omit<TrainingOptions, "look" | "engine"> & { readonly look: (model: Snapshot) => Promise<Look> },
  ): AsyncGenerator<EpochRecord>;
  snapshot(values: Float32Array, watch?: Watch): Snapshot;
  readonly warnings: readonly Warning[];
  readonly engine: EngineInfo;
}

/** Makes a training ready. */
export async function openTraining(spec: PrepareSpec): Promise<TrainingRun> {
  const prepared = await prepareTraining(spec);
  const { training, encoder, decoder } = prepared;
  const { layout } = training;
  const { engine, points, nComponents } = spec;
  const plans = {
    encoder: planForward(encoder, layout, points.cols, nComponents),
    decoder: decoder && planForward(decoder, layout, nComponents, points.cols),
  };
  const snapshot = (values: Float32Array, watch: Watch = {}): Snapshot => {
    const run = (plan: ForwardPlan, rows: Points, at = all(rows)) =>
      forward(plan, values, pointRows(rows), at, { engine, ...watch });
    return {
      codes: (rows, at) => run(plans.encoder, rows, at),
      decode: plans.decoder && ((codes) => run(plans.decoder!, codes)),
      save: (metadata) => saved(prepared, spec, values, metadata),
    };
  };
  return {
    prepared,
    snapshot,
    warnings: prepared.warnings,
    engine,
    steps: (state, { look, ...options }) =>
      train(training, state, { ...options, engine, look: (values) => look(snapshot(values)) }),
  };
}

const all = ({ rows }: Points): Int32Array => Int32Array.from({ length: rows }, (_, i) => i);

function saved(
  { training, encoder, decoder }: Prepared,
  { points, nComponents }: PrepareSpec,
  values: Float32Array,
  metadata: Readonly<Record<string, string>>,
) {
  const numbers = valuesByName(training.layout, values);
  // Of more columns the first are the code.
  const first = stateless((y) => slice(y, 1, 0, nComponents));
  return {
    encoder: layerToOnnx(sequence([encoder, first]), numbers, { inputs: points.cols, metadata }),
    decoder: decoder && layerToOnnx(decoder, numbers, { inputs: nComponents, metadata }),
  };
}

function valuesByName({ parameters, running }: Layout, values: Float32Array): (name: string) => Float32Array {
  const places = new Map([...parameters, ...running].map((place) => [place.name, place]));
  return (name) => {
    const { offset, size } = places.get(name)!;
    return values.slice(offset, offset + size);
  };
}
