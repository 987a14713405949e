import { type Matrix, ranges, rng, throwIfAborted } from "../base/index.ts";
import { kernelUrl, runBlocks } from "../engine/index.ts";
import { TABLE_LENGTH, tabulate } from "./force-table.ts";
import type { WeightedGraph } from "./fuzzy-graph.ts";
import type { FitOptions } from "./linear-map.ts";
import { loopArrays } from "./loop-arrays.ts";
import { type Springs, scaleOf } from "./springs.ts";
import type { UmapSetup } from "./umap.kernel.ts";
import type { Curve } from "./umap-curve.ts";
import {
  type RadiusMoments,
  radiusCorrelation,
  radiusMoments,
  radiusSlopes,
  shiftedCorrelation,
} from "./umap-density.ts";
import { sampledLoss } from "./umap-loss.ts";
import type { RadiiSetup } from "./umap-radii.kernel.ts";

/** Ranges of rows that are moved at a time by one thread each. Places do not depend on it. */
const RANGES = 16;

/** Rows that push, for each edge of weight 1. */
const DRAWS = 5;

/** A step goes so many times the force at first, less and less to none: (1 - t)^2. */
const RATE = 6;
const KEPT = 0.9;

/** The loss is looked at so many times. */
const LOOKS = 20;

/** Radii that a layout is to have. */
export interface Density {
  /** Of `radiusScores`. */
  readonly scores: Float64Array;
  /** What a correlation of 1 counts, in loss per edge of weight 1. */
  readonly weight: number;
  /** The last steps, of all, that look at radii. */
  readonly share: number;
}

export interface LayoutOptions extends FitOptions {
  readonly steps: number;
  readonly springs: Springs | null;
  readonly stressWeight: number;
  readonly density: Density | null;
}

export interface Layout {
  readonly codes: Matrix;
  readonly loss: number;
  /** Steps that were made. */
  readonly done: number;
  /** Of radii; null where none were looked at. */
  readonly correlation: number | null;
}

/** Steps over all rows, by all threads. */
export async function layOut(
  graph: WeightedGraph,
  start: Matrix,
  curve: Curve,
  options: LayoutOptions,
): Promise<Layout> {
  const { engine, steps, springs, stressWeight, density, seed, stop, signal, onProgress, onPlaces } = options;
  const { rows, cols: d } = start;
  const arrays = arraysFor(graph, start, curve, options);
  const [before, now] = [arrays.floats("before"), arrays.floats("now")];
  const tasks = ranges(rows, Math.ceil(rows / RANGES)).map(([from, to], task) => [from, to, task] as const);
  const radii = density && openRadii(density, graph, arrays, { d, tasks, engine });
  const edgeLoss = () => sampledLoss(graph, before, d, curve, DRAWS, rng(seed).split("loss"));
  let moments: RadiusMoments | null = null;
  const lossNow = () => edgeLoss() - (moments ? density!.weight * shiftedCorrelation(moments) : 0);
  let done = 0;
  for (; done < steps && !stop?.aborted; done++) {
    throwIfAborted(signal);
    const t = done / steps;
    if (radii && t >= 1 - density!.share) moments = await radii.look();
    const setup: UmapSetup = {
      memory: arrays.memory,
      at: arrays.at,
      rows,
      d,
      draws: DRAWS,
      number: done,
      rate: RATE * (1 - t) ** 2,
      kept: KEPT,
      seed,
      stress: stressWeight,
      partners: springs?.partners ?? 0,
      scale: springs ? scaleOf(springs, before, d) : 0,
      spreads: moments !== null,
      b: curve.b,
    };
    await runBlocks<Task, null, null>({
      engine,
      kernel: kernelUrl("./umap.kernel.js", import.meta.url),
      setup,
      tasks,
      stage: "fitting",
    });
    before.set(now);
    const looks = onProgress && done % Math.ceil(steps / LOOKS) === 0;
    onProgress?.({ stage: "fitting", done: done + 1, total: steps, ...(looks && { objective: lossNow() }) });
    onPlaces?.(() => before.slice(), done + 1);
  }
  if (radii) moments = await radii.look();
  const codes = { data: before.slice(), rows, cols: d };
  return { codes, loss: lossNow(), done, correlation: moments && radiusCorrelation(moments) };
}

/** A range of rows, and its own number. */
type Task = readonly [start: number, end: number, task: number];

interface RadiiLook extends Pick<LayoutOptions, "engine"> {
  readonly d: number;
  readonly tasks: readonly Task[];
}

/** Looks at the radii of the layout where it is, and leaves there what edges need to raise their correlation. */
function openRadii(
  { scores, weight }: Density,
  { weights }: WeightedGraph,
  { memory, at, floats }: ReturnType<typeof arraysFor>,
  { d, tasks, engine }: RadiiLook,
) {
  const [radii, slopes] = [floats("radii"), floats("slopes")];
  const setup: RadiiSetup = { memory, at, d };
  const kernel = kernelUrl("./umap-radii.kernel.js", import.meta.url);
  // The loss is per weight, the force is not.
  const scale = weight * weights.reduce((sum, own) => sum + own, 0);
  return {
    async look() {
      await runBlocks<Task, null, null>({ engine, kernel, setup, tasks, stage: "fitting" });
      const moments = radiusMoments(scores, radii);
      radiusSlopes(scores, radii, moments, scale, slopes);
      return moments;
    },
  };
}

function arraysFor(
  graph: WeightedGraph,
  start: Matrix,
  { a, b }: Curve,
  { springs, density }: Pick<LayoutOptions, "springs" | "density">,
) {
  const { rows, cols: d } = start;
  const edges = graph.ids.length;
  const arrays = loopArrays({
    before: rows * d,
    now: rows * d,
    velocities: rows * d,
    sums: RANGES * d,
    starts: rows + 1,
    ids: edges,
    weights: edges,
    pulls: TABLE_LENGTH,
    pushes: TABLE_LENGTH,
    curve: TABLE_LENGTH,
    partnerIds: springs?.ids.length ?? 0,
    lengths: springs?.lengths.length ?? 0,
    radii: density ? 2 * rows : 0,
    slopes: density ? 2 * rows : 0,
  });
  arrays.floats("before").set(start.data);
  arrays.ints("starts").set(graph.starts);
  arrays.ints("ids").set(graph.ids);
  arrays.floats("weights").set(graph.weights);
  // The derivatives of -ln(v) and of -ln(1 - v) by the squared distance, twice; v = 1 / (1 + a s^b). Near 0 a push is bounded, as in the authors' code.
  tabulate((s) => (-2 * a * b * s ** (b - 1)) / (1 + a * s ** b), arrays.floats("pulls"));
  tabulate((s) => (2 * b) / ((0.001 + s) * (1 + a * s ** b)), arrays.floats("pushes"));
  tabulate((s) => 1 / (1 + a * s ** b), arrays.floats("curve"));
  if (springs) {
    arrays.ints("partnerIds").set(springs.ids);
    arrays.floats("lengths").set(springs.lengths);
  }
  return arrays;
}
