import { IsometerError, sharedFloat32, sharedInt32, type Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import { atPlateau, openOptimizer, PLATEAU_START, type Plateau, rampAt, rateFactor } from "../optim/index.ts";
import { balanced } from "./balance.ts";
import { stepsOf } from "./batches.ts";
import { minimiseSteps } from "./full-batch.ts";
import type { Layout } from "./layout.ts";
import { type PenaltyUse, weightName } from "./losses.ts";
import type { Model, Objective } from "./model.ts";
import { planStep, type StepPlan } from "./step.ts";
import type { InputSetup } from "./step-inputs.ts";
import type { TrainResult, TrainSetup, TrainTask } from "./train.kernel.ts";

/** A part of a training with penalties of its own. */
export interface Phase {
  readonly epochs: number;
  readonly penalties: readonly PenaltyUse[];
  /** Weights of penalties and other numbers of steps, by name; a ramp counts steps from the start of the phase. */
  readonly numbers: InputSetup["numbers"];
  /** Penalties whose weights make their gradient so long, as a share of that of the first loss, when they come in. */
  readonly shares?: Readonly<Record<string, number>>;
}

/** All that a training follows from. */
export interface Training extends Omit<InputSetup, "feeds" | "numbers"> {
  /** Rows of a batch whose turn it is: n of them are an epoch. */
  readonly streamed: number;
  readonly model: Model;
  readonly objective: Objective;
  readonly layout: Layout;
  readonly phases: readonly Phase[];
  readonly clip: number | null;
  /** What distances in the units of the rows are divided by. */
  readonly unit: number;
}

/** What one look at a model found, while it is trained. */
export interface Look {
  /** What the best model has least of. */
  readonly score: number;
  /** For whoever shows it. */
  readonly shown: Readonly<Record<string, number>>;
}

/** An epoch that is over. */
export interface EpochRecord {
  readonly epoch: number;
  readonly phase: number;
  /** Means of the terms over its steps. */
  readonly terms: Readonly<Record<string, number>>;
  readonly learningRate: number;
  readonly weights: Readonly<Record<string, number>>;
  /** Null: nobody looked after this epoch. */
  readonly look: Look | null;
}

/** Where a training stands: what a checkpoint keeps. */
export interface TrainingState {
  /** The step that comes next. */
  step: number;
  /** All numbers of the model, on shared memory. */
  readonly values: Float32Array;
  /** Weights of penalties that were balanced, each when it came in. */
  weights: Readonly<Record<string, number>>;
  plateau: Plateau;
  readonly epochs: EpochRecord[];
  /** Sums of terms over the steps of the epoch that is not over. */
  sums: number[];
  counted: number;
  /** The numbers of the best model among those looked at. */
  best: { readonly epoch: number; readonly look: Look; readonly values: Float32Array } | null;
}

export interface TrainingOptions extends Watch {
  readonly engine: EngineInfo;
  /** Looks at the model with these numbers. */
  readonly look: (values: Float32Array) => Promise<Look>;
  /** Epochs between looks. */
  readonly every: number;
  /** Ends after so many looks without a better one. Null: never. */
  readonly patience: number | null;
  /** Lowers the rate when looks get no better. */
  readonly plateau?: { readonly patience: number; readonly factor: number };
}

/** The state that a training begins with. */
export function startState({ layout }: Pick<Training, "layout">): TrainingState {
  return {
    step: 0,
    values: sharedFloat32(layout.size),
    weights: {},
    plateau: PLATEAU_START,
    epochs: [],
    sums: [],
    counted: 0,
    best: null,
  };
}

/** Steps between two words of progress. They change nothing else. */
const STEPS_PER_TASK = 25;

/**
 * Trains from where `state` stands, and brings it up to date: after each look, and where it is stopped. Steps follow from the seed and their number alone, so that it goes on as if it had not been
 * interrupted.
 *
 * @throws aborted, with the state as far as it came; bad-value where a loss is no number
 */
export async function* train(
  training: Training,
  state: TrainingState,
  options: TrainingOptions,
): AsyncGenerator<EpochRecord> {
  const { at, streamed, phases } = training;
  const optimizer = openOptimizer(training.descent);
  const total = totalSteps(training);
  const due = dueLook(training, state, options.every);
  if (due !== null) yield await lookAfter({ training }, state, due, options);
  // It may have ended so before somebody could write what came of it.
  if (isTired(state, options)) return;
  let [epoch, first] = [0, 0];
  for (const [p, phase] of phases.entries()) {
    const end = stepsOf(epoch + phase.epochs, at.length, streamed);
    const plan = state.step < end ? planStep({ ...training, ...phase, optimizer }) : null;
    while (plan && state.step < end) {
      const next = nextLook(training, state, options.every, epoch + phase.epochs);
      const turn = { training, phase, plan, first, total, number: p };
      if (isUnbalanced(phase, state)) await balance(turn, state, options);
      const take = optimizer ? takeSteps : takeWholeSteps;
      await take(turn, state, stepsOf(next, at.length, streamed), options);
      yield await lookAfter(turn, state, next, options);
      if (isTired(state, options)) return;
    }
    epoch += phase.epochs;
    first = end;
  }
}

/** Steps of a whole training. */
export function totalSteps({ phases, at, streamed }: Pick<Training, "phases" | "at" | "streamed">): number {
  const epochs = phases.reduce((sum, phase) => sum + phase.epochs, 0);
  return stepsOf(epochs, at.length, streamed);
}

/** The epoch after which somebody looks: the next multiple of `every`, or the last of the phase. */
function nextLook({ at, streamed }: Training, { step }: TrainingState, every: number, last: number): number {
  const done = Math.floor((step * streamed) / at.length);
  return Math.min(last, (Math.floor(done / every) + 1) * every);
}

/** The epoch that is over and was to be looked at: it was stopped between steps and look. */
function dueLook({ phases }: Training, { epochs, counted }: TrainingState, every: number): number | null {
  const last = epochs.at(-1);
  if (!last || last.look || counted > 0) return null;
  let end = 0;
  const ends = phases.map((phase) => {
    end += phase.epochs;
    return end;
  });
  return last.epoch % every === 0 || ends.includes(last.epoch) ? last.epoch : null;
}

interface Turn {
  readonly training: Training;
  readonly phase: Phase;
  readonly number: number;
  readonly plan: StepPlan;
  /** The first step of the phase. */
  readonly first: number;
  readonly total: number;
}

function inputsOf(turn: Turn, state: TrainingState): InputSetup {
  const { training, phase, plan, first } = turn;
  const { batch, rows, at, columns, distances, guests, seed, descent, learningRate, schedule } = training;
  const balancedWeights = Object.entries(state.weights).map(([name, weight]) => [weightName(name), weight]);
  const shifted = Object.entries(phase.numbers).map(([name, number]) => [
    name,
    typeof number === "number" ? number : { ...number, start: number.start + first, end: number.end + first },
  ]);
  return {
    ...{ batch, rows, at, columns, distances, guests, seed, descent, schedule },
    feeds: plan.feeds,
    learningRate: learningRate * state.plateau.factor,
    numbers: { ...Object.fromEntries(shifted), ...Object.fromEntries(balancedWeights) },
  };
}

function isUnbalanced({ shares = {} }: Phase, { weights }: TrainingState): boolean {
  return Object.keys(shares).some((name) => weights[name] === undefined);
}

async function balance(turn: Turn, state: TrainingState, { engine, signal }: TrainingOptions): Promise<void> {
  const { training, plan, phase, total } = turn;
  state.weights = await balanced({
    plan,
    layout: training.layout,
    inputs: inputsOf(turn, state),
    values: state.values,
    before: state.weights,
    shares: phase.shares!,
    step: Math.min(state.step, total - 1),
    engine,
    ...(signal && { signal }),
  });
}

async function takeSteps(
  turn: Turn,
  state: TrainingState,
  to: number,
  { engine, ...watch }: TrainingOptions,
): Promise<void> {
  const { plan, training } = turn;
  const first = state.step;
  const setup: TrainSetup = {
    plan,
    layout: training.layout,
    inputs: inputsOf(turn, state),
    values: state.values,
    next: sharedInt32(1),
    first,
    log: sharedFloat32((to - first) * plan.terms.length),
    threads: engine.threads,
  };
  setup.next[0] = first;
  const tasks = Array.from(
    { length: Math.ceil((to - first) / STEPS_PER_TASK) },
    (_, k): TrainTask => [first + k * STEPS_PER_TASK, Math.min(to, first + (k + 1) * STEPS_PER_TASK)],
  );
  try {
    const { results } = await runBlocks<TrainTask, TrainResult, null>({
      ...(watch.signal && { signal: watch.signal }),
      onProgress: ({ done }) => tell(turn, setup, Math.min(to, first + done * STEPS_PER_TASK), watch),
      // One after the other: each begins where the last ended, in the memory of one worker.
      engine: { ...engine, threads: 1 },
      kernel: kernelUrl("./train.kernel.js", import.meta.url),
      setup,
      tasks,
      stage: "training",
    });
    const failed = results.find((result) => result !== null);
    if (failed) throw noNumber(turn, setup, failed);
  } finally {
    keepLog(turn, state, setup);
  }
}

/** Steps of L-BFGS: all of them, or none. */
async function takeWholeSteps(
  turn: Turn,
  state: TrainingState,
  to: number,
  { engine, signal, onProgress }: TrainingOptions,
): Promise<void> {
  const { plan, training, total } = turn;
  const { layout } = training;
  const first = state.step;
  const { values } = state;
  const inputs = inputsOf(turn, state);
  const how = { engine, ...(signal && { signal }) };
  const log = await minimiseSteps({ plan, layout, inputs, values, steps: to - first, ...how });
  keepLog(turn, state, { next: Int32Array.of(to), log, first });
  const loss = log.at(-plan.terms.length);
  onProgress?.({ stage: "training", done: to, total, ...(loss !== undefined && { objective: loss }) });
}

function tell({ plan, total }: Turn, { log, first }: TrainSetup, step: number, { onProgress }: Watch): void {
  const loss = log[(step - 1 - first) * plan.terms.length];
  onProgress?.({ stage: "training", done: step, total, ...(loss !== undefined && { objective: loss }) });
}

/** Brings the state and its epochs up to the step that was reached. */
function keepLog(
  turn: Turn,
  state: TrainingState,
  { next, log, first }: Pick<TrainSetup, "next" | "log" | "first">,
): void {
  const { plan, training } = turn;
  const { streamed, at } = training;
  const width = plan.terms.length;
  for (let t = first; t < next[0]!; t++) {
    if (state.counted === 0) state.sums = new Array(width).fill(0);
    for (let k = 0; k < width; k++) state.sums[k]! += log[(t - first) * width + k]!;
    state.counted++;
    state.step = t + 1;
    const epoch = Math.floor(((t + 1) * streamed) / at.length);
    if (epoch === Math.floor((t * streamed) / at.length)) continue;
    state.epochs.push(recordOf(turn, state, epoch));
    state.counted = 0;
  }
}

function recordOf(turn: Turn, state: TrainingState, epoch: number): EpochRecord {
  const { sums, counted, step, plateau } = state;
  const { training, plan, number } = turn;
  const { numbers } = inputsOf(turn, state);
  const own = plan.terms.flatMap((term) => {
    const weight = numbers[weightName(term)];
    return weight === undefined ? [] : [[term, rampAt(weight, step - 1)]];
  });
  return {
    epoch,
    phase: number,
    terms: Object.fromEntries(plan.terms.map((term, k) => [term, sums[k]! / counted])),
    learningRate: training.learningRate * plateau.factor * rateFactor(training.schedule, step - 1),
    weights: Object.fromEntries(own),
    look: null,
  };
}

async function lookAfter(
  turn: Pick<Turn, "training">,
  state: TrainingState,
  epoch: number,
  { look, plateau }: TrainingOptions,
): Promise<EpochRecord> {
  const { layout } = turn.training;
  const found = await look(state.values);
  const record: EpochRecord = { ...state.epochs.at(-1)!, epoch, look: found };
  state.epochs[state.epochs.length - 1] = record;
  // What an earlier phase has made was to prepare this one.
  const { best } = state;
  const isOfPhase = best && state.epochs[best.epoch - 1]?.phase === record.phase;
  if (!(isOfPhase && found.score >= best.look.score))
    state.best = { epoch, look: found, values: state.values.slice(0, layout.modelSize) };
  if (plateau) state.plateau = atPlateau(state.plateau, found.score, plateau.patience, plateau.factor);
  return record;
}

function isTired({ best, epochs }: TrainingState, { patience }: TrainingOptions): boolean {
  if (patience === null || !best) return false;
  return epochs.filter(({ epoch, look }) => look && epoch > best.epoch).length >= patience;
}

function noNumber(
  { plan, training }: Turn,
  { log, first }: TrainSetup,
  { step, rows }: NonNullable<TrainResult>,
): IsometerError {
  const told = plan.terms.map((term, k) => [term, log[(step - first) * plan.terms.length + k]!] as const);
  const wrong = told.filter(([, value]) => !Number.isFinite(value)).map(([term]) => term);
  const more = rows.length > 8 ? ` and ${rows.length - 8} others` : "";
  const named = `rows ${rows.slice(0, 8).join(", ")}${more}`;
  return new IsometerError(
    "bad-value",
    `the loss is no number any more at step ${step + 1} (${wrong.join(", ")})`,
    {
      got: named,
      hint: `Look at the rows of its batch (${named}); or lower --learning-rate (${training.learningRate}), or shorten gradients with --clip 1.`,
    },
  );
}
