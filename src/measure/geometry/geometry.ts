import {
  checkInteger,
  deepFreeze,
  gatherRows,
  IsometerError,
  type Matrix,
  pointRows,
  type Rng,
  rng,
  sampleWithoutReplacement,
  type Warning,
  type Watch,
} from "../../base/index.ts";
import {
  type EngineInfo,
  type EngineOptions,
  findEngine,
  type ModelSource,
  type Network,
  openNetwork,
  openSession,
  readBatch,
} from "../../engine/index.ts";
import { nearestNeighbors } from "../../neighbors/index.ts";
import { type Evidence, fullEvidence } from "./evidence.ts";
import { type JacobianPlan, planJacobians } from "./jacobian-plan.ts";
import { type Jacobians, jacobiansAt } from "./jacobians.ts";
import { certifiedLipschitz } from "./lipschitz.ts";
import { pathGeometry } from "./paths.ts";
import { geometryPicture } from "./picture.ts";
import type { Geometry, LipschitzBound } from "./result.ts";
import { roundTrip } from "./round-trip.ts";
import { type AlongData, geometryScores } from "./scores.ts";
import { sketchEvidence } from "./sketch.ts";
import { planSketch } from "./sketch-plan.ts";
import { axesOf, pointsOf, rootQuantiles, singularQuantiles, witnessesOf } from "./witnesses.ts";

export interface GeometryOptions extends EngineOptions, Watch {
  /** Points that are looked at: drawn at random where there are more. Default 1,000. */
  readonly at?: number;
  /** Near points towards which the network is looked at as well. Default 5. */
  readonly nNeighbors?: number;
  /** Pairs of points between which paths are looked at; 0: none. Default 32. */
  readonly paths?: number;
  readonly seed?: number;
  /** Whether what figures are drawn from is gathered as well. */
  readonly picture?: boolean;
  /** A network that maps back. */
  readonly inverse?: ModelSource;
}

const DEFAULTS = { at: 1000, nNeighbors: 5, paths: 32, seed: 0 } as const;

/** More singular values than this are estimated. */
const MOST_RANK = 64;

/** Steps of central differences, as a share of the spread of each input. */
const STEP = 5e-3;

/**
 * What a network does to lengths, angles and volumes at some points: singular values of its Jacobians J, the pullback metric G = J'J, and scores of them; a certified bound of
 * its Lipschitz constant beside the largest singular value that was met; straight lines against shortest ways; and what comes back through an inverse.
 *
 * Cost: n rank runs of the network forward or backward (n points, `rank` the smaller of its numbers of inputs and outputs).
 *
 * @param model an ONNX model of one input
 * @param points n x d, in the space that the model takes
 * @throws bad-value where rows do not fit the model; bad-format, unsupported-model for the model; bad-option; too-few-rows
 */
export async function geometry(
  model: ModelSource,
  points: Matrix,
  options: GeometryOptions = {},
): Promise<Geometry> {
  const study = await openStudy(model, points, options);
  const { network, inverse, engine, watch, at, random, seed, pathPairs } = study;
  const { look, plan } = await lookAt(study);
  const { jacobians, evidence } = look;
  const scores = geometryScores(evidence, look.linear, look.alongData, {
    population: points.rows,
    long: Math.max(network.inputs, network.outputs),
    rng: random.split("scores"),
  });
  const certified = await certificate(network, watch);
  const hasPaths = pathPairs > 0 && network.refusal === null && network.inputs <= network.outputs;
  const paths =
    plan && hasPaths
      ? await pathGeometry(network, plan, points, at, {
          ...watch,
          rng: random.split("paths"),
          pairs: pathPairs,
        })
      : null;
  const trip = inverse
    ? await roundTrip(network, inverse, points, at, { ...watch, rng: random.split("round trip") })
    : null;
  const witnesses = witnessesOf(evidence, jacobians, at);
  const hasPicture = options.picture && jacobians;
  return deepFreeze({
    engine,
    network: networkFacts(network),
    rows: points.rows,
    points: at.length,
    derivatives: network.refusal === null ? "graph" : "differences",
    jacobians: jacobians ? "full" : "lanczos",
    seed,
    scores,
    singularValues: jacobians
      ? singularQuantiles(jacobians)
      : [evidence.largest, evidence.smallest].map(rootQuantiles),
    axes: jacobians && axesOf(jacobians),
    lipschitz: { empirical: scores.biLipschitz.largest, certified },
    paths,
    roundTrip: trip,
    witnesses,
    map: pointsOf(evidence, at),
    warnings: [...network.warnings, ...warningsOf(network, evidence)],
    ...(hasPicture && { picture: await geometryPicture(network, jacobians, points, at, witnesses, watch) }),
  });
}

/** Everything that the parts of a geometry share. */
interface Study {
  readonly network: Network;
  readonly inverse: Network | undefined;
  readonly points: Matrix;
  /** Rows that are looked at. */
  readonly at: Int32Array;
  readonly engine: EngineInfo;
  readonly watch: Watch & { readonly engine: EngineInfo };
  readonly random: Rng;
  readonly seed: number;
  readonly nNeighbors: number;
  readonly pathPairs: number;
}

async function openStudy(model: ModelSource, points: Matrix, options: GeometryOptions): Promise<Study> {
  const { at, nNeighbors, paths, seed } = { ...DEFAULTS, ...defined(options) };
  const { onProgress, signal } = options;
  checkInteger("at", at, 1, 2 ** 31 - 1);
  checkInteger("nNeighbors", nNeighbors, 0, 1000);
  checkInteger("paths", paths, 0, 100_000);
  if (points.rows < 1) throw new IsometerError("too-few-rows", "there are no points");
  const network = openNetwork(model, points.cols);
  const inverse = options.inverse && openNetwork(options.inverse, network.outputs);
  const engine = await findEngine(options);
  await checkRuns(network, engine);
  if (inverse) await checkRuns(inverse, engine);
  const random = rng(seed);
  return {
    network,
    inverse,
    points,
    at: chosenRows(points.rows, at, random.split("points")),
    engine,
    watch: { engine, ...(onProgress && { onProgress }), ...(signal && { signal }) },
    random,
    seed,
    nNeighbors,
    pathPairs: paths,
  };
}

/** A model that is not known here is measured as it is, where ONNX Runtime knows it. @throws unsupported-model */
async function checkRuns({ refusal, source }: Network, engine: EngineInfo): Promise<void> {
  if (refusal === null) return;
  try {
    const session = await openSession(source.bytes, engine);
    await session.close();
  } catch (cause) {
    throw new IsometerError("unsupported-model", refusal, {
      hint: "Export the model without it, or measure the part before it with --layer.",
      cause,
    });
  }
}

/** What is known of the Jacobians at some points. */
interface Look {
  /** Null: estimated. */
  readonly jacobians: Jacobians | null;
  readonly evidence: Evidence;
  /** After the best linear change of coordinates. */
  readonly linear: Evidence | null;
  readonly alongData: AlongData | null;
}

/** Full Jacobians where they are small, or can only be had column by column; else estimates. */
async function lookAt(study: Study): Promise<{ readonly look: Look; readonly plan: JacobianPlan | null }> {
  const { network, points, at, watch, random, seed } = study;
  const towards = await nearPoints(study);
  const options = { ...watch, points: pointRows(points), at, ...towards };
  const along = (lengths: Float64Array) =>
    towards.directions > 0 ? { lengths, directions: towards.directions } : null;
  if (Math.min(network.inputs, network.outputs) > MOST_RANK && network.refusal === null) {
    const { evidence, lengths } = await sketchEvidence(planSketch(network), { ...options, seed });
    return { look: { jacobians: null, evidence, linear: null, alongData: along(lengths) }, plan: null };
  }
  const plan = planJacobians(network);
  const steps = network.refusal === null ? null : stepsOf(points, at);
  const jacobians = await jacobiansAt(plan, { ...options, steps });
  const { own, linear } = fullEvidence(jacobians, random);
  return { look: { jacobians, evidence: own, linear, alongData: along(jacobians.lengths) }, plan };
}

function defined(options: GeometryOptions): Partial<typeof options> {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function networkFacts({ source, input, output, inputShape, outputShape, inputs, outputs }: Network) {
  return {
    name: source.name,
    input: input.name,
    output,
    inputShape,
    outputShape,
    inputs,
    outputs,
    latent: inputs <= outputs ? ("inputs" as const) : ("outputs" as const),
    rank: Math.min(inputs, outputs),
  };
}

function chosenRows(rows: number, most: number, random: Rng): Int32Array {
  return rows <= most
    ? Int32Array.from({ length: rows }, (_, i) => i)
    : sampleWithoutReplacement(random, rows, most);
}

/** Of each chosen row its nearest others among all points; -1 for those that are equal to it. */
async function nearPoints({ points, at, nNeighbors, watch: { engine, ...watch } }: Study) {
  const directions = Math.min(nNeighbors, points.rows - 1);
  if (directions < 1) return { towards: new Int32Array(0), directions: 0 };
  const { ids, distances } = await nearestNeighbors(gatherRows(points, at), points, {
    ...watch,
    nNeighbors: directions + 1,
    threads: engine.threads,
    provider: engine.provider,
  });
  const towards = new Int32Array(at.length * directions).fill(-1);
  for (let i = 0; i < at.length; i++) {
    let filled = 0;
    for (let k = 0; k <= directions && filled < directions; k++) {
      const place = i * (directions + 1) + k;
      if (ids[place] !== at[i] && distances[place]! > 0) towards[i * directions + filled++] = ids[place]!;
    }
  }
  return { towards, directions };
}

/** A small share of the spread of each column over the chosen rows. */
function stepsOf(points: Matrix, at: Int32Array): Float64Array {
  const { data, cols } = points;
  return Float64Array.from({ length: cols }, (_, k) => {
    const values = Float64Array.from(at, (i) => data[i * cols + k]!);
    const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
    const spread = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length);
    return STEP * (spread > 0 ? spread : Math.max(1, Math.abs(mean)));
  });
}

async function certificate(
  { source, output, inputShape, batch, refusal }: Network,
  options: Watch & { readonly engine: EngineInfo },
): Promise<LipschitzBound> {
  if (refusal !== null) return { value: null, reason: refusal, parts: [] };
  const dims = batch === 0 ? inputShape : [batch ?? 1, ...inputShape];
  return certifiedLipschitz(readBatch(source, output, dims).graph, output, options);
}

function warningsOf(network: Network, { smallest, rank }: Evidence): Warning[] {
  const warnings: Warning[] = [];
  if (network.refusal !== null) {
    warnings.push({
      code: "central-differences",
      message: `derivatives are central differences of the whole model, right to some thousandths, and no bound is certified: ${network.refusal}`,
    });
  }
  const singular = smallest.reduce((count, value) => count + Number(value === 0), 0);
  if (singular > 0) {
    warnings.push({
      code: "singular",
      message: `at ${singular} of ${smallest.length} points the Jacobian has fewer than ${rank} directions that can be told from none: condition number and volume have no value there`,
      count: singular,
    });
  }
  return warnings;
}
