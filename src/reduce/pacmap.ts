import {
  checkInteger,
  checkNumber,
  IsometerError,
  type Matrix,
  type Points,
  ranges,
  throwIfAborted,
} from "../base/index.ts";
import { heldMatrix, kernelUrl, runBlocks } from "../engine/index.ts";
import type { Fit } from "./fit.ts";
import { type Incidence, incidence } from "./incidence.ts";
import type { FitOptions } from "./linear-map.ts";
import { loopArrays } from "./loop-arrays.ts";
import { neighborFit } from "./neighbor-map.ts";
import { fewerNeighbors } from "./neighbors-for.ts";
import type { PacmapSetup, PacmapWeights } from "./pacmap.kernel.ts";
import { drawPairs } from "./pacmap-pairs.ts";
import { NO_GRAPH, type Start, startAt } from "./start.ts";

export interface PacmapOptions extends FitOptions {
  /** Near pairs of each row. Default 10; of few rows at most half. */
  readonly nNeighbors?: number;
  /** Mid-near pairs for each near one. Default .5. */
  readonly midNearRatio?: number;
  /** Further pairs for each near one. Default 2. */
  readonly furtherRatio?: number;
  /** Default 450: 100 that lay out the whole, 100 in between, and the rest for neighbours. */
  readonly steps?: number;
  /** Not spectral: there is no graph. */
  readonly init?: Start;
}

/** Ranges of rows that are moved at a time by one thread each. Places do not depend on it. */
const RANGES = 16;

/** What the first phase and the second take of the steps. */
const EARLY = 100 / 450;

/** How much mid-near pairs count at first. */
const MIDDLE = 1000;

const RATE = 1;
const [KEPT_MEAN, KEPT_SQUARE] = [0.9, 0.999];

/** Root mean square of the first coordinate at the start. */
const SIZE = 10;

/**
 * PaCMAP: places where near pairs are near and further ones are not, mid-near pairs having held the whole together at first (Wang, Huang, Rudin & Shaposhnik 2021). With D one more than
 * the squared distance of a pair, near ones lose D / (10 + D), mid-near ones D / (10000 + D) and further ones 1 / (1 + D); Adam lowers the sum in three phases of weights, from the
 * principal components. All rows move at once, each by all its pairs: the same seed gives the same places on any number of threads.
 *
 * Cost: the neighbours (n^2 D / 2), then steps of 2 n k (1 + midNearRatio + furtherRatio). Memory linear in n. New rows are placed by their neighbours; rows that were fitted do not move.
 *
 * @throws bad-option for numbers out of range
 */
export async function fitPacmap(given: Points, nComponents: number, options: PacmapOptions): Promise<Fit> {
  const {
    nNeighbors = 10,
    midNearRatio = 0.5,
    furtherRatio = 2,
    steps = 450,
    init = "pca",
    unitRows,
  } = options;
  const points = heldMatrix(given);
  const n = points.rows;
  checkInit(init);
  checkInteger("nNeighbors", nNeighbors, 1);
  checkInteger("steps", steps, 1);
  checkNumber("midNearRatio", midNearRatio, 0, 100);
  checkNumber("furtherRatio", furtherRatio, 0, 100);
  // Of few rows half are near at most: all others would be near, and nothing would push.
  const k = Math.min(nNeighbors, Math.max(1, Math.floor((n - 1) / 2)));
  const counts = { near: k, middle: Math.round(k * midNearRatio), further: Math.round(k * furtherRatio) };
  const { near, middle, further, recall } = await drawPairs(points, counts, options);
  const pairs = incidence(n, [near, middle, further]);
  const places = await startAt(points, nComponents, { ...options, init, size: SIZE, graph: NO_GRAPH });
  const { codes, loss, done } = await descend(pairs, places, { ...options, steps });
  const metric = unitRows ? "cosine" : "euclidean";
  return neighborFit({
    map: { points, codes, metric, nNeighbors: Math.min(PLACED_BY, n - 1), placing: PLACING },
    converged: done === steps,
    iterations: done,
    objective: { name: "loss per row", value: loss },
    details: {
      near: near.heads.length,
      middle: middle.heads.length,
      further: further.heads.length,
      ...recall,
    },
    warnings: fewerNeighbors(nNeighbors, k),
  });
}

function checkInit(init: Start): void {
  if (init !== "spectral") return;
  throw new IsometerError("bad-option", "PaCMAP has no graph: init spectral is of others", {
    hint: "Start it from pca or random.",
  });
}

/** New rows are placed by so many, and by those of them that are within a third of a unit of each other: sparse ones would pull them between groups. */
const PLACED_BY = 15;
const PLACING = { kind: "curve", a: 10, b: 1 } as const;

/** How much pairs count at a step: the whole first, its neighbours last. */
export function weightsAt(step: number, steps: number): PacmapWeights {
  const early = Math.round(EARLY * steps);
  if (step < early) return { near: 2, middle: MIDDLE + (3 - MIDDLE) * (step / early), further: 1 };
  return step < 2 * early ? { near: 3, middle: 3, further: 1 } : { near: 1, middle: 0, further: 1 };
}

/** Steps over all rows, by all threads. The loss is that of the last phase, over all rows. */
async function descend(pairs: Incidence, start: Matrix, options: FitOptions & { readonly steps: number }) {
  const { engine, steps, stop, signal, onProgress, onPlaces } = options;
  const { rows, cols: d } = start;
  const { memory, at, floats } = arraysFor(pairs, start);
  const tasks = ranges(rows, Math.ceil(rows / RANGES)).map(([from, to], task) => [from, to, task] as const);
  const names = ["before", "now"] as const;
  /** Moves rows from where the last step left them, and gives the loss of where they were. */
  const step = async (number: number, rate: number) => {
    const [before, now] = number % 2 ? [at.now, at.before] : [at.before, at.now];
    const weights = weightsAt(number, steps);
    const setup: PacmapSetup = { memory, at: { ...at, before, now }, d, weights, rate };
    const { results } = await runBlocks<readonly [number, number, number], number, null>({
      engine,
      kernel: kernelUrl("./pacmap.kernel.js", import.meta.url),
      setup,
      tasks,
      stage: "fitting",
    });
    // Each pair was seen from both ends.
    return results.reduce((sum, part) => sum + part, 0) / (2 * rows);
  };
  let done = 0;
  for (; done < steps && !stop?.aborted; done++) {
    throwIfAborted(signal);
    const unbiased = Math.sqrt(1 - KEPT_SQUARE ** (done + 1)) / (1 - KEPT_MEAN ** (done + 1));
    const objective = await step(done, RATE * unbiased);
    onProgress?.({ stage: "fitting", done: done + 1, total: steps, objective });
    onPlaces?.(() => floats(names[(done + 1) % 2]!).slice(), done + 1);
  }
  const loss = await step(done, 0);
  return { codes: { data: floats(names[done % 2]!).slice(), rows, cols: d }, loss, done };
}

function arraysFor({ starts, ids }: Incidence, start: Matrix) {
  const size = start.rows * start.cols;
  const arrays = loopArrays({
    before: size,
    now: size,
    means: size,
    squares: size,
    starts: starts.length,
    ids: ids.length,
    sums: RANGES * start.cols,
  });
  arrays.floats("before").set(start.data);
  arrays.ints("starts").set(starts);
  arrays.ints("ids").set(ids);
  return arrays;
}
