import {
  checkFinite,
  checkInteger,
  IsometerError,
  type Matrix,
  rng,
  sampleWithoutReplacement,
  sharedInt32,
  toShared,
  type Warning,
  type Watch,
} from "../base/index.ts";
import { type EngineInfo, type EngineOptions, findEngine, gatherPoints } from "../engine/index.ts";
import { nearestNeighbors } from "../neighbors/index.ts";
import { openDistortion } from "./held-out.ts";
import { autoencoder, BETA, contrastive, distill, TEACHER, vae } from "./objectives/index.ts";
import type { FitOptions, NetworkOptions } from "./options.ts";
import type { PrepareSpec } from "./prepare.ts";
import { keepsGeodesics } from "./recipe.ts";
import { openTraining, type Snapshot } from "./run.ts";
import type { EpochRecord, TrainingState } from "./training.ts";

/** What an encoder is trained for. Formulas and sources stand at the functions of these names. */
export type Aim =
  | { readonly kind: "autoencoder" }
  | { readonly kind: "vae"; readonly beta?: number; readonly freeBits?: number }
  /** Rows and their nearest neighbours belong together; by labels, rows of one class (a number for each row). */
  | { readonly kind: "contrastive"; readonly labels?: ArrayLike<number>; readonly temperature?: number }
  /** Distances are to be those of other vectors of the same rows. */
  | { readonly kind: "distill"; readonly teacher: Matrix };

/** What `trainEncoder` takes. */
export interface TrainEncoderOptions extends NetworkOptions, FitOptions, EngineOptions, Watch {
  /** Default: autoencoder. */
  readonly aim?: Aim;
  /** d, default 2. */
  readonly nComponents?: number;
  /** Share of the rows that choose the model and are not trained on, .1. With 0 all are trained on, and choose. */
  readonly holdout?: number;
  /** Epochs between looks. Default: a fiftieth of all, rounded up. */
  readonly lookEvery?: number;
  /** Ends after so many looks without a better one. Default: never. */
  readonly patience?: number | null;
  /** Told after each look. */
  readonly onEpoch?: (epoch: EpochRecord) => void;
  /** Asks it to end with what it has. */
  readonly stop?: AbortSignal;
}

/** A trained encoder: the best by the distortion of held-out rows. */
export interface TrainedEncoder {
  /** Codes of all rows, n x d. */
  readonly codes: Matrix;
  /** Rows that were not trained on, ascending. */
  readonly heldOut: Int32Array;
  /** Its epoch, and the distortion of (up to 1,000) held-out rows: scale-normalised stress, or `bracketDistortion` where penalties keep lengths along the data. */
  readonly best: { readonly epoch: number; readonly distortion: number };
  readonly epochs: readonly EpochRecord[];
  readonly warnings: readonly Warning[];
  readonly engine: EngineInfo;
  /** Codes of rows that it never saw. */
  transform(points: Matrix): Promise<Matrix>;
  /** Rows from codes. Null: there is no decoder. */
  readonly inverseTransform: ((codes: Matrix) => Promise<Matrix>) | null;
  /** ONNX models, input "x", output "y", any number of rows at a time. */
  save(metadata?: Readonly<Record<string, string>>): ReturnType<Snapshot["save"]>;
}

/** Rows whose distortion chooses the model. */
const MOST_LOOKED_AT = 1000;

/**
 * Trains an encoder whose distances mean something: `trainEncoder(x, { nComponents: 16, isometry: [{ name: "stress", weight: 1 }] })`. Same seed, same engine, same bytes.
 *
 * @param given n x D
 * @throws bad-option for options out of range; non-finite for values that are no numbers; bad-value where the loss is no number any more; aborted
 */
export async function trainEncoder(given: Matrix, options: TrainEncoderOptions): Promise<TrainedEncoder> {
  const {
    nComponents = 2,
    aim = { kind: "autoencoder" },
    seed = 0,
    holdout = 0.1,
    provider,
    threads,
  } = options;
  checkInteger("nComponents", nComponents, 1);
  checkFinite(given, "points");
  const points = toShared(given);
  const heldOut = heldOutRows(points.rows, holdout, seed);
  const out = new Set(heldOut);
  const at = sharedInt32(points.rows - heldOut.length);
  at.set(all(points.rows).filter((row) => !out.has(row)));
  const engine = await findEngine({ ...(provider && { provider }), ...(threads && { threads }) });
  const spec = { ...options, points, at, nComponents, engine };
  const run = await openTraining({ ...spec, ...(await aimOf(aim, spec)) });
  const { state } = run.prepared;
  await runToEnd(run, state, { points, looked: heldOut.length > 0 ? heldOut : at, options });
  const best = state.best!;
  const model = run.snapshot(best.values);
  return {
    codes: await model.codes(points),
    heldOut,
    best: { epoch: best.epoch, distortion: best.look.score },
    epochs: state.epochs,
    warnings: run.warnings,
    engine,
    transform: (rows) => model.codes(toShared(rows)),
    inverseTransform: model.decode,
    save: (metadata = {}) => model.save(metadata),
  };
}

const all = (rows: number): Int32Array => Int32Array.from({ length: rows }, (_, i) => i);

function heldOutRows(rows: number, share: number, seed: number): Int32Array {
  if (!(share >= 0 && share < 1)) {
    throw new IsometerError("bad-option", `holdout must be at least 0 and below 1, got ${share}`);
  }
  return sampleWithoutReplacement(rng(seed).split("holdout"), rows, Math.round(share * rows));
}

interface Looking {
  readonly points: Matrix;
  readonly looked: Int32Array;
  readonly options: TrainEncoderOptions;
}

async function runToEnd(
  run: Awaited<ReturnType<typeof openTraining>>,
  state: TrainingState,
  { points, looked, options }: Looking,
): Promise<void> {
  const { epochs = 100, patience = null, onEpoch, stop, onProgress, signal } = options;
  const { isometry = [], nNeighbors = 10 } = options;
  const chosen = looked.slice(0, MOST_LOOKED_AT);
  const isGeodesic = keepsGeodesics(isometry);
  const distortionOf = await openDistortion(points, chosen, { engine: run.engine, nNeighbors, isGeodesic });
  const steps = run.steps(state, {
    every: options.lookEvery ?? Math.max(1, Math.ceil(epochs / 50)),
    patience,
    ...(onProgress && { onProgress }),
    ...(signal && { signal }),
    look: async (model) => ({ score: distortionOf(await model.codes(points, chosen)), shown: {} }),
  });
  for await (const epoch of steps) {
    onEpoch?.(epoch);
    if (stop?.aborted) return;
  }
}

type AimSpec = Pick<PrepareSpec, "objective" | "hasDecoder"> &
  Partial<Pick<PrepareSpec, "encoded" | "columns" | "numbers">>;

async function aimOf(
  aim: Aim,
  {
    points,
    at,
    nComponents,
    engine,
    nNeighbors = 10,
  }: Pick<PrepareSpec, "points" | "at" | "nComponents" | "engine" | "nNeighbors">,
): Promise<AimSpec> {
  switch (aim.kind) {
    case "autoencoder":
      return { objective: autoencoder, hasDecoder: true };
    case "vae": {
      const { beta = 1, freeBits = 0 } = aim;
      return {
        objective: vae({ freeBits }),
        hasDecoder: true,
        encoded: 2 * nComponents,
        numbers: { [BETA]: beta },
      };
    }
    case "distill": {
      const { data, cols } = toShared(aim.teacher);
      return {
        objective: distill({ teacher: cols }),
        hasDecoder: false,
        columns: { [TEACHER]: { data, cols } },
      };
    }
    case "contrastive": {
      const temperature = aim.temperature === undefined ? {} : { temperature: aim.temperature };
      if (aim.labels) {
        const labels = toShared({ data: Float32Array.from(aim.labels), rows: points.rows, cols: 1 });
        const objective = contrastive({ loss: "supervised", positives: null, ...temperature });
        return { objective, hasDecoder: false, columns: { labels } };
      }
      const rows = gatherPoints(points, at);
      const k = Math.min(nNeighbors, at.length - 1);
      const found = await nearestNeighbors(rows, rows, { ...engine, nNeighbors: k });
      const ids = sharedInt32(found.ids.length);
      ids.set(found.ids);
      const positives = { kind: "neighbors", ids } as const;
      return { objective: contrastive({ loss: "infonce", positives, ...temperature }), hasDecoder: false };
    }
  }
}
