import {
  checkFinite,
  checkInteger,
  deepFreeze,
  gatherRows,
  IsometerError,
  type Matrix,
  type Rng,
  rng,
  sampleWithoutReplacement,
  throwIfAborted,
  type Warning,
  type Watch,
} from "../base/index.ts";
import { type EngineInfo, type EngineOptions, findEngine } from "../engine/index.ts";
import { type Algebra, openAlgebra } from "../linalg/index.ts";
import type { AlignMap } from "./map.ts";
import { type Cloud, openCloud, shuffledAxes, similarityProfiles } from "./unsupervised-cloud.ts";
import { openProducts, type Products } from "./unsupervised-match.ts";
import { type BelievedPairs, pairUp } from "./unsupervised-pairs.ts";
import { type Refined, type Start, selfLearn } from "./unsupervised-refine.ts";
import { judgeRuns, type UnpairedRun } from "./unsupervised-verdict.ts";

export interface UnpairedOptions extends EngineOptions, Watch {
  /** Rows of each side that the map is sought with. Default and at most 4,000. Fewer than both sides have: drawn. */
  readonly sample?: number;
  /** Runs of self-learning. Default 6, at least 2. */
  readonly restarts?: number;
  /** Default 0. */
  readonly seed?: number;
}

/** Two spaces whose rows nobody paired. Frozen plain data, and a map. */
export interface Unpaired {
  /** Is the map to be believed? See `judgeRuns`. */
  readonly found: boolean;
  /** From the first space to the second; rows of length 1. Null where none was found. */
  readonly map: AlignMap | null;
  /** None where no map was found. */
  readonly pairs: BelievedPairs;
  /** Of the best run, over the rows that were drawn. */
  readonly criterion: number;
  readonly mutualShare: number;
  /** The criteria of two control runs: the second space with each principal axis shuffled by itself. */
  readonly controls: readonly number[];
  /** The restarts, then two runs against the best of them (`selfLearn`). */
  readonly runs: readonly UnpairedRun[];
  /** Rows that the map was sought with, and in how many principal axes. */
  readonly sample: { readonly from: number; readonly to: number };
  readonly axes: { readonly from: number; readonly to: number };
  readonly seed: number;
  readonly engine: EngineInfo;
  readonly warnings: readonly Warning[];
}

const MOST_SAMPLED = 4_000;
const FEWEST_ROWS = 20;
const CONTROLS = 2;

/** Products of so many rows are made by one thread: bits are the same. */
const ONE_THREAD = 1_000;

/** Rows of each side that pairs are sought among. */
const MOST_PAIRED = 20_000;

/** Powers of the matrix of similarities whose rows are compared, run by run in turn. */
const POWERS = [1, 0.5] as const;

/**
 * Aligns two spaces without known pairs: rows in no common order, numbers of rows and dimensions may differ. Rows with like profiles of similarity begin, self-learning by orthogonal Procrustes
 * refines (Artetxe, Labaka & Agirre 2018, "A robust self-learning method for fully unsupervised cross-lingual mappings of word embeddings"), several runs and controls judge.
 *
 * It needs spaces that are close to isometric, with things of the same kind on both sides. It does not find CLIP's images and texts, which are not. `found` speaks of the map: spaces that are distributed
 * alike can have one without a single common item, and then pairs are neighbours in kind.
 *
 * Cost: restarts + 4 runs, each some 10 products of the sampled rows of both sides in at most 64 axes; then pairs among at most 20,000 rows of each side, n m d a search. Memory: the cosines of the sampled
 * rows, at most 4,000 x 4,000 in float32 (64 MB), and a few copies of the rows that are paired.
 *
 * @param from n x D, `to` m x d
 * @throws too-few-rows, bad-option, non-finite, zero-vector, aborted
 */
export async function alignUnpaired(
  from: Matrix,
  to: Matrix,
  options: UnpairedOptions = {},
): Promise<Unpaired> {
  check(from, to, options);
  const engine = await findEngine(options);
  const algebra = openAlgebra(engine);
  const most = Math.min(options.sample ?? MOST_SAMPLED, Math.max(from.rows, to.rows));
  const products = await openProducts({ ...engine, threads: most > ONE_THREAD ? engine.threads : 1 });
  const small = openAlgebra({ ...engine, threads: 1 });
  try {
    return await alignWith(from, to, { ...options, engine, algebra, small, products });
  } finally {
    await products.close();
    await small.close();
    await algebra.close();
  }
}

interface Means extends UnpairedOptions {
  readonly engine: EngineInfo;
  readonly algebra: Algebra;
  /** On one thread: products of a few axes cost less than waking a second. */
  readonly small: Algebra;
  readonly products: Products;
}

async function alignWith(from: Matrix, to: Matrix, options: Means): Promise<Unpaired> {
  const { sample = MOST_SAMPLED, restarts = 6, seed = 0, engine } = options;
  const random = rng(seed).split("unpaired");
  const clouds = {
    from: await openCloud(some(from, sample, random.split("from")).matrix, options),
    to: await openCloud(some(to, sample, random.split("to")).matrix, options),
  };
  const [x, y] = [clouds.from.rows, clouds.to.rows];
  const { refined, controls } = await runAll(x, y, random, options);
  const { found, best, runs, agreeing, warnings } = judgeRuns(refined, controls, {
    rows: Math.min(x.rows, y.rows),
    restarts,
  });
  const paired = found
    ? await pairRows(
        from,
        to,
        clouds,
        [best, ...agreeing].map((r) => refined[r]!),
        random,
        options,
      )
    : { map: null, pairs: NO_PAIRS };
  const result = {
    found,
    pairs: paired.pairs,
    criterion: runs[best]!.criterion,
    mutualShare: runs[best]!.mutualShare,
    controls,
    runs,
    sample: { from: x.rows, to: y.rows },
    axes: { from: x.cols, to: y.cols },
    seed,
    engine,
    warnings: [...warnings, ...samplingOf(from, to, sample, found)],
  };
  return Object.freeze({ ...deepFreeze(result), map: paired.map });
}

const NO_PAIRS: BelievedPairs = {
  from: new Int32Array(0),
  to: new Int32Array(0),
  confidence: new Float64Array(0),
};

/** All runs, and the criteria of the controls. */
async function runAll(x: Matrix, y: Matrix, random: Rng, options: Means) {
  const { restarts = 6, products, signal, onProgress } = options;
  const total = restarts + POWERS.length + CONTROLS;
  const refining = { algebra: options.small, products, ...(signal && { signal }) };
  let done = 0;
  const learn = async (start: Start, own: Rng, against: Refined | null = null) => {
    throwIfAborted(signal);
    const found = await selfLearn(start, own, refining, against);
    onProgress?.({ stage: "aligning", done: ++done, total, objective: found.criterion });
    return found;
  };
  const starts: Start[] = [];
  for (const power of POWERS) {
    throwIfAborted(signal);
    const fromProfiles = await similarityProfiles(x, power, products);
    starts.push({ from: x, to: y, fromProfiles, toProfiles: await similarityProfiles(y, power, products) });
  }
  const refined: Refined[] = [];
  for (let r = 0; r < restarts; r++) {
    refined.push(await learn(starts[r % POWERS.length]!, random.split(`run ${r}`)));
  }
  const best = refined.reduce((most, run) => (run.criterion > most.criterion ? run : most));
  for (const [p, start] of starts.entries()) {
    refined.push(await learn(start, random.split(`against ${p}`), best));
  }
  const controls: number[] = [];
  for (let c = 0; c < CONTROLS; c++) {
    const own = random.split(`control ${c}`);
    const to = shuffledAxes(y, own.split("axes"));
    const toProfiles = await similarityProfiles(to, POWERS[c % POWERS.length]!, products);
    controls.push((await learn({ ...starts[c % POWERS.length]!, to, toProfiles }, own)).criterion);
  }
  return { refined, controls };
}

async function pairRows(
  from: Matrix,
  to: Matrix,
  clouds: { readonly from: Cloud; readonly to: Cloud },
  [best, ...agreeing]: readonly Refined[],
  random: Rng,
  options: Means,
) {
  const own = some(from, MOST_PAIRED, random.split("paired from"));
  const other = some(to, MOST_PAIRED, random.split("paired to"));
  const sides = [
    { rows: own.matrix, cloud: clouds.from },
    { rows: other.matrix, cloud: clouds.to },
  ] as const;
  const { engine, algebra, signal } = options;
  const how = { engine, algebra, ...(signal && { signal }) };
  const { pairs, map } = await pairUp(...sides, best!, agreeing, how);
  const named = { from: pairs.from.map((i) => own.which[i]!), to: pairs.to.map((i) => other.which[i]!) };
  return { map, pairs: { ...pairs, ...named } };
}

/** Some rows, drawn, and which: all where there are no more. */
function some(rows: Matrix, most: number, random: Rng) {
  const all = rows.rows <= most;
  const which = all
    ? Int32Array.from({ length: rows.rows }, (_, i) => i)
    : sampleWithoutReplacement(random, rows.rows, most);
  return { which, matrix: all ? rows : gatherRows(rows, which) };
}

function samplingOf(from: Matrix, to: Matrix, sample: number, found: boolean): Warning[] {
  const most = Math.max(from.rows, to.rows);
  if (most <= sample) return [];
  const count = (value: number) => value.toLocaleString("en");
  const pairs = found && most > MOST_PAIRED ? `, pairs among ${count(MOST_PAIRED)}` : "";
  return [
    { code: "points-sampled", message: `the map was sought with ${count(sample)} rows of a side${pairs}` },
  ];
}

function check(from: Matrix, to: Matrix, { sample = MOST_SAMPLED, restarts = 6 }: UnpairedOptions): void {
  checkInteger("sample", sample, FEWEST_ROWS, MOST_SAMPLED);
  checkInteger("restarts", restarts, 2);
  for (const [name, side] of [
    ["from", from],
    ["to", to],
  ] as const) {
    if (side.rows < FEWEST_ROWS) {
      throw new IsometerError(
        "too-few-rows",
        `aligning without pairs needs at least ${FEWEST_ROWS} rows a side`,
        {
          got: `${name} has ${side.rows}`,
          hint: "Some hundred rows serve better; with a few known pairs, align by those.",
        },
      );
    }
    checkFinite(side, name);
    checkLengths(side, name);
  }
}

/** Rows are compared by direction. @throws zero-vector */
function checkLengths({ data, rows, cols }: Matrix, name: string): void {
  for (let i = 0; i < rows; i++) {
    if (data.subarray(i * cols, (i + 1) * cols).some((value) => value !== 0)) continue;
    throw new IsometerError("zero-vector", `row ${i} of ${name} is all zeros: it has no direction`, {
      hint: "Leave rows of zeros out.",
    });
  }
}
