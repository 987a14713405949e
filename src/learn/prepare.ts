import {
  IsometerError,
  type Points,
  permutation,
  pointRows,
  rng,
  sharedInt32,
  type Warning,
  type Watch,
} from "../base/index.ts";
import { type EngineInfo, gatherPoints } from "../engine/index.ts";
import { makeGeodesicSpace } from "../neighbors/index.ts";
import { openOptimizer } from "../optim/index.ts";
import { streamedRows } from "./batches.ts";
import { guestsFor, type KnownDistances } from "./known-distances.ts";
import { initialValues, planLayout } from "./layout.ts";
import { linearStart } from "./linear-start.ts";
import type { Model, Objective } from "./model.ts";
import { nearRadius } from "./near.ts";
import {
  type Autoencoder,
  type AutoencoderOptions,
  buildAutoencoder,
  channelsFirst,
  channelsLast,
  fromModel,
  type Layer,
  linear,
  sequence,
  standardise,
  stateless,
  unstandardise,
} from "./networks/index.ts";
import { type FitOptions, type NetworkOptions, scheduleInSteps } from "./options.ts";
import { checkIsometry, phasesOf, wantedDistances } from "./recipe.ts";
import { type Standards, standardOf } from "./standard.ts";
import { startState, type Training, type TrainingState } from "./training.ts";

/** What is made ready for a training. */
export interface PrepareSpec extends NetworkOptions, FitOptions, Watch {
  readonly engine: EngineInfo;
  readonly points: Points;
  /** Rows to train on, by their numbers. */
  readonly at: Int32Array;
  /** d. */
  readonly nComponents: number;
  readonly objective: Objective;
  /** Columns of the encoder, where it gives more than codes. Default d. */
  readonly encoded?: number;
  /** Whether there is a decoder. */
  readonly hasDecoder: boolean;
  readonly columns?: Training["columns"];
  /** Numbers that the objective is given at each step, by name. */
  readonly numbers?: Readonly<Record<string, number>>;
  /** Distances of the user's own. */
  readonly given?: KnownDistances;
}

export interface Prepared {
  readonly training: Training;
  readonly state: TrainingState;
  /** Data as given to codes, and codes to data as given. */
  readonly encoder: Layer;
  readonly decoder: Layer | null;
  readonly warnings: readonly Warning[];
}

/** Builds networks, distances and phases. Cost: what `standardOf`, and geodesics where a penalty wants them, cost. */
export async function prepareTraining(spec: PrepareSpec): Promise<Prepared> {
  const { points, at, nComponents, seed = 0, batchSize = 256, descent = { optimizer: "adam" } } = spec;
  const { isometry = [], epochs = 100, learningRate = 1e-3, standardize = "scale" } = spec;
  checkIsometry(isometry, spec.hasDecoder);
  const standards = standardOf(points, at, standardize);
  const networks = await networksOf(spec, standards);
  const isWhole = descent.optimizer === "lbfgs";
  const batch = isWhole ? at.length : Math.min(batchSize, at.length);
  const given = spec.given ? "given" : null;
  const { distances, warnings } = await distancesFor(wantedDistances({ isometry, given }), spec, standards);
  const guests = guestsFor(Object.values(distances), at.length);
  const streamed = streamedRows(batch, guests);
  const stepsPerEpoch = at.length / streamed;
  const phases = phasesOf({ isometry, epochs, stepsPerEpoch, given });
  const { encoder, decoder } = networks;
  const parameters = [...encoder.parameters, ...(decoder?.parameters ?? [])];
  const running = [...encoder.running, ...(decoder?.running ?? [])];
  if (isWhole && running.length > 0) throw wholeError();
  const layout = planLayout(parameters, running, openOptimizer(descent));
  const { standard, unit } = standards;
  const prepare = standard ? standardise(standard) : stateless((x) => x);
  const model: Model = { prepare, encoder, decoder, inputs: points.cols, outputs: nComponents };
  const radius = usesNear(phases) ? radiusOf(spec, batch) / unit : 0;
  const training: Training = {
    model,
    objective: spec.objective,
    layout,
    phases: phases.map((phase) => ({
      ...phase,
      numbers: { ...spec.numbers, ...phase.numbers, nearRadius: radius },
    })),
    clip: spec.clip ?? null,
    unit,
    batch,
    streamed,
    guests,
    rows: pointRows(points),
    at,
    columns: spec.columns ?? {},
    distances,
    seed,
    descent,
    learningRate,
    schedule: scheduleInSteps(spec.schedule ?? { kind: "cosine", floor: 0.01 }, {
      warmup: spec.warmup,
      epochs,
      stepsPerEpoch,
    }),
  };
  const state = startState(training);
  initialValues(layout, parameters, running, seed, state.values);
  return {
    training,
    state,
    encoder: sequence([prepare, encoder]),
    decoder: decoder && (standard ? sequence([decoder, unstandardise(standard)]) : decoder),
    warnings,
  };
}

function wholeError(): IsometerError {
  return new IsometerError("bad-option", "L-BFGS cannot train batch normalisation", {
    hint: "Take --normalization layer or none, or another --optimizer.",
  });
}

async function networksOf(
  spec: PrepareSpec,
  standards: Standards,
): Promise<{ readonly encoder: Layer; readonly decoder: Layer | null }> {
  const { points, nComponents, encoded = nComponents, hasDecoder, hidden = [256, 256] } = spec;
  const made = fittedTo(spec, {
    inputs: points.cols,
    outputs: nComponents,
    encoded,
    kind: spec.network ?? "mlp",
    hidden,
    activation: spec.activation ?? "elu",
    channels: spec.channels ?? [32, 64],
    ...(spec.imageShape && { imageShape: spec.imageShape }),
    ...(spec.normalisation && { normalisation: spec.normalisation }),
    ...(spec.residual && { residual: spec.residual }),
    ...(spec.output && { output: spec.output }),
  });
  const networks = {
    encoder: spec.encoder ? ownEncoder(spec, encoded) : made.encoder,
    decoder: hasDecoder ? (spec.decoder ? ownDecoder(spec) : made.decoder) : null,
  };
  if (spec.init !== "pca") return networks;
  return linearStart(networks, {
    points,
    at: spec.at,
    standards,
    outputs: nComponents,
    engine: spec.engine,
  });
}

/** New networks, with images as the rows have them. */
function fittedTo(
  { hasChannelsLast, imageShape, network }: PrepareSpec,
  options: AutoencoderOptions,
): Autoencoder {
  const made = buildAutoencoder(options);
  if (!hasChannelsLast || !imageShape || network !== "conv") return made;
  return {
    encoder: sequence([channelsFirst(imageShape), made.encoder]),
    decoder: sequence([made.decoder, channelsLast(imageShape)]),
  };
}

/** A network that somebody has, or a linear layer behind it. */
function ownEncoder({ encoder, points, frozen = false }: PrepareSpec, encoded: number): Layer {
  const own = fromModel("encoder", encoder!, { inputs: points.cols, frozen });
  if (frozen) return sequence([own, linear("encoder.head", own.outputs, encoded)]);
  checkWidth(own.outputs, encoded, encoder!.name, "gives");
  return own;
}

function ownDecoder({ decoder, points, nComponents }: PrepareSpec): Layer {
  const own = fromModel("decoder", decoder!, { inputs: nComponents });
  checkWidth(own.outputs, points.cols, decoder!.name, "gives");
  return own;
}

function checkWidth(got: number, needed: number, name: string, what: string): void {
  if (got === needed) return;
  throw new IsometerError("bad-value", `${name} ${what} ${got} numbers, ${needed} are needed`, {
    needed: String(needed),
    got: String(got),
    hint: "Choose --to and the data that the network was made for.",
  });
}

const usesNear = (phases: Training["phases"]) =>
  phases.some(({ penalties }) => penalties.some(({ name }) => name === "localIsometry"));

function radiusOf({ points, at, nNeighbors = 10, seed = 0 }: PrepareSpec, batch: number): number {
  return nearRadius(points, at, nNeighbors, batch, rng(seed).split("near"));
}

/** All pairs of so many rows have known geodesics; of more rows, those from some landmarks have, as many as have so many numbers. */
const ALL_PAIRS = 5000;
const LANDMARK_NUMBERS = 2 ** 26;
const LEAST_LANDMARKS = 64;

async function distancesFor(
  wanted: ReadonlySet<string>,
  spec: PrepareSpec,
  { unit }: Standards,
): Promise<{ readonly distances: Training["distances"]; readonly warnings: readonly Warning[] }> {
  const given = spec.given && wanted.has("given") ? { given: spec.given } : {};
  if (!wanted.has("geodesic")) return { distances: given, warnings: [] };
  const { points, at, engine, nNeighbors = 10, seed = 0, onProgress, signal } = spec;
  const landmarks = Math.max(LEAST_LANDMARKS, Math.floor(LANDMARK_NUMBERS / at.length));
  const count = at.length <= ALL_PAIRS ? at.length : landmarks;
  const sources = sharedInt32(count);
  sources.set(permutation(rng(seed).split("landmarks"), at.length).subarray(0, count).toSorted());
  const { space, warnings } = await makeGeodesicSpace(gatherPoints(points, at), {
    neighbors: Math.min(nNeighbors, at.length - 1),
    sources,
    engine,
    name: "the rows",
    flag: "--n-neighbors",
    watch: { ...(onProgress && { onProgress }), ...(signal && { signal }) },
  });
  const { lengths } = space.table!;
  return {
    distances: { ...given, geodesic: { kind: "table", from: sources, lengths, unit: space.unit * unit } },
    warnings: [...warnings, ...(count < at.length ? [landmarkWarning(count, at.length)] : [])],
  };
}

function landmarkWarning(count: number, rows: number): Warning {
  const [some, all] = [count.toLocaleString("en"), rows.toLocaleString("en")];
  return {
    code: "landmarks",
    message: `lengths along the data are known from ${some} of ${all} rows: a quarter of each batch is drawn from these, and pairs without one of them do not count where such lengths are kept`,
    count,
  };
}
