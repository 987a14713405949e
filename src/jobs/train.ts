import { deepFreeze, IsometerError, type Watch } from "../base/index.ts";
import type { EngineInfo, ModelSource } from "../engine/index.ts";
import type { TrainingRun } from "../learn/run.ts";
import type { Look, TrainingState } from "../learn/training.ts";
import type { LatentFrame, TrainLook, TrainResult } from "../report/index.ts";
import { trainReport } from "../report/index.ts";
import { asFlag } from "./arguments.ts";
import { defineJob, type JobContext } from "./define.ts";
import { defined } from "./result.ts";
import { overall } from "./stages.ts";
import { finish, writePage } from "./train-finish.ts";
import { FRAMES, frameOf } from "./train-frames.ts";
import { readTrainInputs, type TrainInputs } from "./train-inputs.ts";
import { penaltyLines } from "./train-isometry.ts";
import { type Live, openLive } from "./train-live.ts";
import { type Looker, openLooker, trainLook } from "./train-look.ts";
import { aimOf } from "./train-objective.ts";
import { TRAIN_OPTIONS, type TrainValues } from "./train-options.ts";
import { learnOptions, MODELS, PLATEAU, resolveSettings, type Settings } from "./train-settings.ts";
import { checkFolder, checkSame, readState, readStored, type Stored, writeState } from "./train-state.ts";
import { LOOK_HEAD, lookText } from "./train-words.ts";

/** Trains an encoder whose distances mean something, watched by an audit of rows that it does not see. */
export const train = defineJob({
  name: "train",
  about: "train an encoder whose distances mean something",
  details: [
    ...Object.entries(MODELS).map(([name, { about }]) => `${name}: ${about}.`),
    "Looks at held-out rows choose the model: the one whose codes keep their distances best is saved, not the last, nor the one with the least loss. Ctrl-C keeps the best so far.",
    "The folder --out gets encoder and decoder as ONNX, the codes of all rows, the audit of the held-out rows beside PCA as report, and a checkpoint after each look, from which --resume goes on.",
    "Penalties (--isometry NAME[:WEIGHT][,OPTION=VALUE], several may be given):",
    ...penaltyLines(),
    "auto: our own recipe: pairs along the data until the map has unfolded, then near pairs and the decoder as well, with weights balanced by gradients.",
  ],
  inputs: { vectors: { about: "the data: any file or folder that audit reads" } },
  options: TRAIN_OPTIONS,
  examples: [
    {
      command: "isometer train vectors.npy --to 16 --isometry stress --out model",
      about: "an autoencoder whose codes keep distances",
    },
    {
      command: "isometer train images/ --network conv --to 2 --isometry auto",
      about: "pictures on a plane, by our own recipe",
    },
    {
      command: "isometer train vectors.npy --decoder mine.onnx --to 16 --isometry relaxed-distortion",
      about: "somebody's decoder made more isometric",
    },
  ],
  run: (ctx, { vectors }, options): Promise<TrainResult> => run(ctx, vectors, options),
  report: trainReport,
});

const STAGES = [
  { stage: "reading", says: "reading", share: 0.05 },
  { stage: "graph", says: "joining neighbours", share: 0.02 },
  { stage: "geodesics", says: "finding geodesics", share: 0.03 },
  { stage: "training", says: "training", share: 0.85 },
  { stage: "auditing", says: "auditing", share: 0.05 },
];

/** Everything that a training goes by. */
export interface Session {
  readonly ctx: JobContext;
  readonly started: number;
  readonly vectors: string;
  readonly values: TrainValues;
  readonly settings: Settings;
  readonly out: string;
  readonly inputs: TrainInputs;
  readonly engine: EngineInfo;
  readonly run: TrainingRun;
  readonly looker: Looker;
  readonly state: TrainingState;
  readonly data: string;
  /** A look at networks that were given, before any step. */
  readonly before: TrainLook | null;
  /** Pictures of the latent so far. */
  readonly frames: LatentFrame[];
  /** Pictures for whoever watches; null: nobody looks. */
  readonly live: Live | null;
}

async function run(ctx: JobContext, vectors: string, values: TrainValues): Promise<TrainResult> {
  const started = ctx.clock();
  const out = values.out ?? "trained";
  await checkFolder(ctx, out, values);
  const stored = values.resume ? await readStored(out) : null;
  // Its default depends on epochs, of which there may be more now.
  const lookEvery = values.lookEvery ?? stored?.options.lookEvery;
  const settings = resolveSettings({ ...values, lookEvery });
  const { findEngine } = await import("../engine/index.ts");
  const engine = await findEngine(
    defined({ threads: values.threads ?? stored?.threads, provider: values.provider }),
  );
  const how = { engine, ...overall(ctx.watch, STAGES) };
  const inputs = await readTrainInputs(vectors, settings.options, values, how);
  try {
    const base = { ctx, started, vectors, values, settings, out, inputs, engine };
    const session = await openSession(base, stored, how);
    const stopped = await trainAll(session, how);
    const result = await finish(session, stopped, ctx.watch.signal?.aborted ? { engine } : how).catch(
      (error: unknown) => {
        throw unfinished(error, out);
      },
    );
    if (stopped !== "interrupted") return deepFreeze(result);
    throw interrupted(result, out);
  } catch (error) {
    throw asFlag(error, TRAIN_OPTIONS);
  } finally {
    await inputs.close();
  }
}

type Opened = Omit<Session, "run" | "looker" | "state" | "data" | "before" | "frames" | "live">;

async function openSession(
  base: Opened,
  stored: Stored | null,
  how: Watch & { readonly engine: EngineInfo },
): Promise<Session> {
  const { settings, inputs, out, engine } = base;
  const { options } = settings;
  const { picture } = inputs;
  const { fingerprintOf, openRunFolder } = await import("../data/index.ts");
  const data = fingerprintOf(inputs.points);
  if (stored) checkSame(stored, options, data);
  const { openTraining } = await import("../learn/run.ts");
  const run = await openTraining({
    ...learnOptions(settings),
    ...how,
    ...(await aimOf(options, inputs, how)),
    ...(await modelFiles(options)),
    ...(inputs.given && { given: inputs.given }),
    ...(picture && { imageShape: picture.image, hasChannelsLast: !picture.isPlanar }),
    engine,
    points: inputs.points,
    at: inputs.at,
    nComponents: options.to,
  });
  const looker = await openLooker(options, inputs, how);
  await openRunFolder(out);
  const state = stored ? await readState(out, run) : run.prepared.state;
  const isGiven = options.encoder !== null || options.decoder !== null;
  const first = isGiven && state.step === 0 ? await looker.look(run.snapshot(state.values)) : null;
  const before = first ? trainLook(first.look) : (stored?.before ?? null);
  const session = { ...base, run, looker, state, data, before, frames: [...(stored?.frames ?? [])] };
  return { ...session, live: openLive(session) };
}

/** Networks that somebody has. */
async function modelFiles({ encoder, decoder }: Settings["options"]) {
  const { openModel } = await import("../data/index.ts");
  const open = async (path: string): Promise<ModelSource> => ({ ...(await openModel(path)), name: path });
  return {
    ...(encoder !== null && { encoder: await open(encoder) }),
    ...(decoder !== null && { decoder: await open(decoder) }),
  };
}

/** A page that renews itself every five seconds need not be drawn sooner. */
const PAGE_MS = 5000;

/** Told at once: what was under way may take its time. */
const STOPPING = "stopping: the best model so far is audited and written first";

/** Steps and looks, until there are no more or somebody stops them. */
async function trainAll(
  session: Session,
  how: Watch & { readonly engine: EngineInfo },
): Promise<TrainResult["stopped"]> {
  const { settings, run, looker, state, frames, ctx, live } = session;
  const { epochs, lookEvery, patience, schedule } = settings.options;
  const stride = Math.max(1, Math.ceil(epochs / lookEvery / FRAMES));
  let codes = null as Awaited<ReturnType<Looker["look"]>>["codes"] | null;
  const look = async (model: Parameters<Looker["look"]>[0]): Promise<Look> => {
    const found = await looker.look(model);
    codes = found.codes;
    return found.look;
  };
  const { signal } = how;
  const onProgress: Watch["onProgress"] = (progress) => {
    how.onProgress?.(progress);
    live?.between(progress.done);
  };
  const plateau = schedule === "plateau" ? { plateau: PLATEAU } : {};
  const watch = defined({ onProgress, signal });
  const stopping = () => ctx.tell?.(STOPPING);
  signal?.addEventListener("abort", stopping);
  ctx.tell?.(LOOK_HEAD);
  let drawn = Number.NEGATIVE_INFINITY;
  try {
    for await (const record of run.steps(state, { look, every: lookEvery, patience, ...plateau, ...watch })) {
      const looks = Math.ceil(record.epoch / lookEvery);
      if ((looks - 1) % stride === 0) frames.push(await frameOf(record.epoch, codes!, frames.at(-1)));
      await live?.show(record.epoch, codes!);
      ctx.tell?.(lookText(record, state.best?.epoch === record.epoch));
      await keep(session);
      if (ctx.clock() - drawn < PAGE_MS) continue;
      await writePage(session, null);
      drawn = ctx.clock();
    }
  } catch (error) {
    if (!(error instanceof IsometerError && error.code === "aborted") || state.step === 0) throw error;
    await keep(session);
    if (!state.best) await keepAsItIs(session, look);
    return "interrupted";
  } finally {
    signal?.removeEventListener("abort", stopping);
    await live?.settled();
  }
  return state.epochs.length < epochs ? "early" : "finished";
}

function keep({ out, state, settings, engine, data, before, frames, ctx }: Session): Promise<void> {
  return writeState(
    out,
    state,
    { options: settings.options, data, threads: engine.threads, before, frames },
    ctx.version,
  );
}

/** Nobody looked at a model yet: the present one is the best. */
async function keepAsItIs(
  { run, state }: Session,
  look: (model: ReturnType<TrainingRun["snapshot"]>) => Promise<Look>,
) {
  const { modelSize } = run.prepared.training.layout;
  const epoch = state.epochs.length;
  state.best = {
    epoch,
    look: await look(run.snapshot(state.values)),
    values: state.values.slice(0, modelSize),
  };
}

/** Somebody stopped what comes after the steps. */
function unfinished(error: unknown, out: string): unknown {
  if (!(error instanceof IsometerError && error.code === "aborted")) return error;
  return new IsometerError("aborted", "train was stopped while its model was audited", {
    hint: `${out} has a checkpoint; the same command with --resume audits and writes the rest.`,
    cause: error,
  });
}

function interrupted({ epochs, options, best }: TrainResult, out: string): IsometerError {
  return new IsometerError(
    "aborted",
    `train was stopped after ${epochs.length} of ${options.epochs} epochs`,
    {
      hint: `${out} has the best model so far, of epoch ${best.epoch}, with its report; the same command with --resume goes on.`,
    },
  );
}
