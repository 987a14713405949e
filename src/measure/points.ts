import { quantile, ranges, type Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import { lengthOf, type Neighbors, type Space, slotRow, slotsOf } from "../neighbors/index.ts";
import type { Comparison, Evidence, Ranked } from "./compare.ts";
import { LOCAL, LOCAL_WIDTH, type LocalSetup } from "./local.kernel.ts";
import { localContinuity, localRecall, localTrust } from "./scores/neighborhood.ts";
import { nullTrust } from "./scores/null.ts";
import { scaleOf } from "./scores/stretch.ts";

/** The evidence that `pointsOf` looks at. */
export const POINTS_NEED: readonly Evidence[] = ["neighbors", "ranks", "pairs"];

/**
 * What is known of single rows: one number per slot in each column, those of row `row[s]`. NaN where there is no finite number: a row whose
 * neighbours all equal it has no stretch.
 */
export interface PointColumns {
  /** Row number. All rows when the audit is exact, else those of the anchors, ascending. */
  readonly row: Int32Array;
  /** 0..1: the lesser of trustworthiness and continuity, scaled so that chance is 0: max(0, (min(T, C) - T0) / (1 - T0)). */
  readonly trust: Float64Array;
  /** The row's own shares of the scores of the same name, on the same scale. */
  readonly trustworthiness: Float64Array;
  readonly continuity: Float64Array;
  /** Share of the k nearest in the original that are among the k nearest in the latent. */
  readonly localRecall: Float64Array;
  /**
   * Of the k nearest in the latent, how many are not even among the 2k nearest in the original; and the other way round. (Among the k nearest
   * both counts would be the same number, k - k localRecall.)
   */
  readonly falseNeighbors: Int32Array;
  readonly missingNeighbors: Int32Array;
  /** Median of dz / (c dx) over the k nearest in the original, with the scale c of all pairs: above 1 drawn apart, below 1 pushed together. */
  readonly localStretch: Float64Array;
  /**
   * Tissot's ellipse: semi-axes, over c, of what a small ball of the original becomes in the latent (see `localFit`): the longest, the shortest and
   * their geometric mean; all 1 for an isometry. The shortest is that of `axes` tangent directions, at most d.
   */
  readonly axisMajor: Float64Array;
  readonly axisMinor: Float64Array;
  readonly axisMean: Float64Array;
  /** axisMajor / axisMinor: 1 = the same in all directions. */
  readonly anisotropy: Float64Array;
  /** From the first coordinate of a latent of two dimensions to the longest axis, radians in (-pi/2, pi/2]. Null in other dimensions. */
  readonly axisAngle: Float64Array | null;
  /** Tangent directions that the neighbours span. */
  readonly axes: Int32Array;
  /** Share of the neighbours' squared offsets in the latent that the linear map leaves unexplained: the nearer to 1, the less the axes mean. */
  readonly fitError: Float64Array;
  /** Mean distance to the k nearest of the same space, over its median over the rows that are listed: above 1 more on its own than most. */
  readonly outliernessOriginal: Float64Array;
  readonly outliernessLatent: Float64Array;
}

/**
 * Everything that is known of single rows.
 *
 * Cost: a local fit per slot, m k^2 D / 2 multiplications (k at most 30 there), on all threads.
 */
export async function pointsOf(
  comparison: Comparison,
  { engine, watch }: { readonly engine: EngineInfo; readonly watch: Watch },
): Promise<PointColumns> {
  const { layout, ranks, neighbors, spaces, k } = comparison;
  const local = await localShapes(comparison, engine, watch);
  const trustworthiness = localTrust(comparison);
  const continuity = localContinuity(comparison);
  const chance = nullTrust(comparison);
  const column = (at: number) =>
    Float64Array.from({ length: slotsOf(layout) }, (_, slot) => local[slot * LOCAL_WIDTH + at]!);
  const axisMajor = column(LOCAL.major);
  const axisMinor = column(LOCAL.minor);
  return {
    row: Int32Array.from({ length: slotsOf(layout) }, (_, slot) => slotRow(layout, slot)),
    trust: trustworthiness.map((share, slot) => {
      return Math.max(0, (Math.min(share, continuity[slot]!) - chance) / (1 - chance));
    }),
    trustworthiness,
    continuity,
    localRecall: localRecall(comparison),
    falseNeighbors: countFar(ranks!.x, k),
    missingNeighbors: countFar(ranks!.z, k),
    localStretch: finite(column(LOCAL.stretch)),
    axisMajor: finite(axisMajor),
    axisMinor: finite(axisMinor),
    axisMean: finite(column(LOCAL.mean)),
    anisotropy: finite(axisMajor.map((major, slot) => major / axisMinor[slot]!)),
    axisAngle: spaces.z.cols === 2 ? column(LOCAL.angle) : null,
    axes: Int32Array.from(column(LOCAL.axes), (count) => count || 0),
    fitError: column(LOCAL.error),
    outliernessOriginal: outlierness(neighbors!.x, spaces.x),
    outliernessLatent: outlierness(neighbors!.z, spaces.z),
  };
}

/** `slots x LOCAL_WIDTH` numbers. */
async function localShapes(comparison: Comparison, engine: EngineInfo, watch: Watch): Promise<Float64Array> {
  const { layout, neighbors, spaces } = comparison;
  const setup: LocalSetup = { ...spaces, layout, near: neighbors!.x, scale: scaleOf(comparison) };
  const tasks = ranges(slotsOf(layout), Math.max(64, Math.ceil(slotsOf(layout) / 64)));
  const { results } = await runBlocks<readonly [number, number], Float64Array, null>({
    ...watch,
    engine,
    kernel: kernelUrl("./local.kernel.js", import.meta.url),
    setup,
    tasks,
    stage: "points",
  });
  const local = new Float64Array(slotsOf(layout) * LOCAL_WIDTH);
  results.forEach((part, t) => {
    local.set(part, tasks[t]![0] * LOCAL_WIDTH);
  });
  return local;
}

/** Of each slot's k ranked rows, how many are beyond the 2k nearest. */
function countFar({ ranks }: Ranked, k: number): Int32Array {
  const counts = new Int32Array(ranks.length / k);
  for (let at = 0; at < ranks.length; at++) if (ranks[at]! > 2 * k) counts[Math.floor(at / k)]!++;
  return counts;
}

function outlierness({ orders, k }: Neighbors, space: Space): Float64Array {
  const means = new Float64Array(orders.length / k);
  for (let at = 0; at < orders.length; at++) means[Math.floor(at / k)]! += lengthOf(orders[at]!, space) / k;
  const median = quantile(means.toSorted(), 0.5);
  return finite(means.map((mean) => mean / median));
}

/** What is no finite number is NaN: one word for what is not known. */
function finite(values: Float64Array): Float64Array {
  return values.map((value) => (Number.isFinite(value) ? value : Number.NaN));
}
