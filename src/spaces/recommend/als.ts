import {
  checkInteger,
  checkNumber,
  deepFreeze,
  IsometerError,
  type Matrix,
  ranges,
  rng,
  sharedFloat64,
  throwIfAborted,
  type Warning,
  type Watch,
} from "../../base/index.ts";
import { type EngineInfo, type EngineOptions, findEngine, kernelUrl, runBlocks } from "../../engine/index.ts";
import { symmetricEigen } from "../../linalg/index.ts";
import type { AlsSetup, AlsTask } from "./als.kernel.ts";
import { type HeldFactors, rowProducts } from "./als-solve.ts";
import type { Interactions, SparseRows } from "./interactions.ts";
import { type DistancePull, drawItemPairs, fitScale } from "./item-distances.ts";
import { type FactorItems, popularityOf } from "./taste.ts";

export interface AlsOptions extends EngineOptions, Watch {
  /** d, default 32; 2048 at most. */
  readonly nFactors?: number;
  /** Confidence of a weight r is 1 + alpha r. Default 1. */
  readonly alpha?: number;
  /** Weight of |x|^2 and |y|^2, more than 0. Default 10. */
  readonly regularization?: number;
  /** Sweeps over both sides at most, default 15. */
  readonly iterations?: number;
  /** It has converged when a sweep lowers the loss by no more than this share of it. Default 1e-4. */
  readonly tolerance?: number;
  /** W: how strongly item vectors keep co-preference distances. Default 0, not at all. */
  readonly itemDistances?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Users and items as places in one space, in which a product of the two says how much the user prefers the item (0 to 1, about). */
export interface AlsModel extends FactorItems {
  /** `users x d`: each user's taste. */
  readonly users: Matrix;
  readonly userIds: Interactions["userIds"];
  readonly options: Required<
    Pick<AlsOptions, "nFactors" | "alpha" | "regularization" | "itemDistances" | "seed">
  >;
  /** The loss after each sweep, and after users were brought up to date at the end. It never rises. */
  readonly loss: readonly number[];
  readonly converged: boolean;
  readonly iterations: number;
  readonly engine: EngineInfo;
  readonly warnings: readonly Warning[];
}

/**
 * Matrix factorisation of implicit feedback by alternating least squares (Hu, Koren & Volinsky 2008, eqs. 3-5): the x_u and y_i that minimise
 *
 *     sum over all u, i of c_ui (p_ui - x_u . y_i)^2 + regularization (|X|^2 + |Y|^2),   c = 1 + alpha r,  p = 1 where r > 0, else 0
 *
 * With `itemDistances` W it adds W sum w_ab (|y_a - y_b| - s c_ab)^2 over pairs of items, c_ab being their co-preference distance and s a scale that fits best (see
 * `drawItemPairs` and `pullOf`). Rows are solved exactly in float64, in the axes in which the other side's Gram matrix is diagonal: see `openRowSolver`.
 *
 * Cost of a sweep: for a row of m entries min(m d^2 / 2 + d^3 / 6, m^2 d / 2 + m^3 / 6), and 2 d^2 for each row; with W another 2 d a pair, of which an item has 20 to 40.
 * Same seed, same bytes on any number of threads.
 *
 * @returns items `items x d` along their principal axes
 * @throws bad-option; engine-failed where equations are singular to working precision; aborted
 */
export async function fitAls(interactions: Interactions, options: AlsOptions = {}): Promise<AlsModel> {
  const { nFactors = 32, alpha = 1, regularization = 10, iterations = 15, tolerance = 1e-4 } = options;
  const { itemDistances = 0, seed = 0 } = options;
  checkInteger("nFactors", nFactors, 1, MOST_FACTORS);
  checkInteger("iterations", iterations, 1);
  checkNumber("itemDistances", itemDistances, 0, Number.MAX_VALUE);
  checkNumber("tolerance", tolerance, 0, 1);
  checkPositive({ alpha, regularization });
  const engine = await findEngine(options);
  const sweeps = openSweeps(
    interactions,
    { nFactors, alpha, regularization, itemDistances, seed },
    engine,
    options,
  );
  const loss: number[] = [];
  let converged = false;
  while (loss.length < iterations && !converged) {
    await sweeps.users();
    loss.push(await sweeps.items());
    options.onProgress?.({ stage: "fitting", done: loss.length, total: iterations, objective: loss.at(-1)! });
    converged = loss.length > 1 && loss.at(-2)! - loss.at(-1)! <= tolerance * loss.at(-2)!;
  }
  const swept = loss.length;
  loss.push(await sweeps.users());
  const { users, items } = sweeps.factors();
  return deepFreeze<AlsModel>({
    kind: "als",
    items: narrowed(items, nFactors),
    users: narrowed(users, nFactors),
    popularity: popularityOf(interactions),
    itemIds: interactions.itemIds,
    userIds: interactions.userIds,
    options: { nFactors, alpha, regularization, itemDistances, seed },
    loss,
    converged,
    iterations: swept,
    engine,
    warnings: converged ? [] : [notConverged(loss, swept)],
  });
}

type Settings = AlsModel["options"];

const MOST_FACTORS = 2048;

/** A side is solved in parts of about so many entries, whatever the number of threads; in so many at most, whose Gram matrices are so many numbers at most. */
const PART_ENTRIES = 8192;
const MOST_PARTS = 256;
const GRAM_NUMBERS = 2 ** 25;

/** One side: its rows and its factors, of which the last half sweep left the Gram matrix (its lower triangle). */
interface Side {
  readonly rows: SparseRows;
  factors: Float64Array;
  gram: Float64Array;
}

/** Both sides and what moves them. Each half sweep gives the loss that it leaves. */
function openSweeps(interactions: Interactions, settings: Settings, engine: EngineInfo, watch: Watch) {
  const { nFactors: d, itemDistances, seed } = settings;
  const users = sideOf(interactions.byUser, d);
  const items = sideOf(interactions.byItem, d);
  const random = rng(seed).split("als");
  for (let p = 0; p < items.factors.length; p++) items.factors[p] = 0.01 * random.uniform();
  addGram(items, d);
  const pairs = itemDistances > 0 ? drawItemPairs(interactions, seed) : null;
  const half = { settings, engine, watch };
  // Turning items changes no distance: what fits them holds until they move.
  let scaled: { scale: number; stress: number } | null = null;
  const stressed = () => itemDistances * (scaled?.stress ?? 0);
  return {
    users: async (): Promise<number> => (await solveSide(users, items, null, half)) + stressed(),
    async items(): Promise<number> {
      // Where items start is noise: its distances are no guide, and the first sweep has no pull.
      const pull: DistancePull | null =
        pairs && scaled
          ? { ...pairs, strength: itemDistances, scale: scaled.scale, current: items.factors }
          : null;
      const loss = await solveSide(items, users, pull, half);
      scaled = pairs && fitScale(pairs, items.factors, d);
      return loss + stressed();
    },
    factors: () => ({ users: users.factors, items: items.factors }),
  };
}

function sideOf(rows: SparseRows, d: number): Side {
  return { rows, factors: sharedFloat64((rows.starts.length - 1) * d), gram: new Float64Array(d * d) };
}

/** Solves all rows of a side; gives the loss without stress. Both sides are turned into the principal axes of the held one, which changes no product. */
async function solveSide(
  side: Side,
  other: Side,
  pull: DistancePull | null,
  { settings, engine, watch }: { settings: Settings; engine: EngineInfo; watch: Watch },
): Promise<number> {
  const { nFactors: d, alpha, regularization } = settings;
  throwIfAborted(watch.signal);
  const { values, vectors } = symmetricEigen(other.gram.slice(), d);
  turn(other.factors, vectors, d);
  if (pull) turn(pull.current, vectors, d);
  const squares = values.map((value) => Math.max(0, value));
  const held: HeldFactors = {
    d,
    alpha,
    factors: other.factors,
    diagonal: squares.map((value) => value + regularization),
  };
  const count = side.rows.starts.length - 1;
  const solved = pull ? sharedFloat64(count * d) : side.factors;
  const most = Math.min(MOST_PARTS, Math.floor(GRAM_NUMBERS / d ** 2));
  const parts = Math.min(most, Math.ceil(side.rows.columns.length / PART_ENTRIES));
  const tasks = ranges(count, Math.max(4, Math.ceil(count / parts))).map((range, part) => ({ range, part }));
  const grams = sharedFloat64(tasks.length * d * d);
  const { results } = await runBlocks<AlsTask, number, null>({
    ...(watch.signal && { signal: watch.signal }),
    engine,
    kernel: kernelUrl("./als.kernel.js", import.meta.url),
    setup: { held, rows: side.rows, solved, grams, pull } satisfies AlsSetup,
    tasks,
    stage: "fitting",
  });
  side.factors = solved;
  side.gram = new Float64Array(d * d);
  for (let at = 0; at < grams.length; at++) side.gram[at % (d * d)]! += grams[at]!;
  let loss = results.reduce((sum, taken) => sum + taken, 0);
  other.gram = diagonalOf(squares);
  for (let k = 0; k < d; k++) {
    const own = side.gram[k * d + k]!;
    loss += own * squares[k]! + regularization * (own + squares[k]!);
  }
  return loss;
}

function diagonalOf(values: Float64Array): Float64Array {
  const out = new Float64Array(values.length ** 2);
  for (let k = 0; k < values.length; k++) out[k * values.length + k] = values[k]!;
  return out;
}

function addGram({ factors, gram }: Side, d: number): void {
  for (let at = 0; at < factors.length; at += d) {
    for (let j = 0; j < d; j++) {
      for (let k = 0; k <= j; k++) gram[j * d + k]! += factors[at + j]! * factors[at + k]!;
    }
  }
}

/** Every row along the axes, in place. */
function turn(factors: Float64Array, axes: Float64Array, d: number): void {
  const row = new Float64Array(d);
  for (let at = 0; at < factors.length; at += d) {
    for (let k = 0; k < d; k++) row[k] = factors[at + k]!;
    rowProducts({ rows: axes, count: d, d }, row, 0, factors, at);
  }
}

function narrowed(factors: Float64Array, d: number): Matrix {
  return { data: Float32Array.from(factors), rows: factors.length / d, cols: d };
}

function checkPositive(options: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(options)) {
    if (value > 0 && value < Number.POSITIVE_INFINITY) continue;
    throw new IsometerError("bad-option", `${name} must be a number above 0, got ${value}`, {
      got: String(value),
    });
  }
}

function notConverged(loss: readonly number[], sweeps: number): Warning {
  const [before, last] = [loss[sweeps - 2] ?? Number.NaN, loss[sweeps - 1]!];
  const moved =
    sweeps > 1
      ? `, the last of which lowered the loss by ${((1 - last / before) * 100).toPrecision(2)} %`
      : "";
  return {
    code: "no-convergence",
    message: `alternating least squares stopped after ${sweeps} sweeps${moved}: more iterations fit closer, which need not recommend better`,
  };
}
