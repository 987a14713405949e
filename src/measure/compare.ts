import type { Rng, Watch } from "../base/index.ts";
import type { EngineInfo } from "../engine/index.ts";
import type { Layout, Neighbors, Space } from "../neighbors/index.ts";
import { sweepAll } from "./gather.ts";
import type { PairBins, PairCounts, RankTables } from "./pairs.ts";
import { type Studies, studied, studyAll } from "./studies.ts";

/** Kinds of evidence that are asked for: of the sweep over pairs, of studies apart from it, and the spectra of second moments, which only shapes need. */
export type Evidence = "neighbors" | "ranks" | "pairs" | "pairRanks" | "spectra" | keyof Studies;

/** What is known of the neighbourhoods of each slot in both spaces. */
export interface NeighborEvidence {
  readonly x: Neighbors;
  readonly z: Neighbors;
}

/** Rows and their ranks in a space, `slots x k`, 1 = nearest; those of a slot ascend. */
export interface Ranked {
  readonly ids: Int32Array;
  readonly ranks: Int32Array;
  /** Their exact orders. */
  readonly orders: Float64Array;
}

/** Ranks of each space's neighbours in the other. */
export interface RankEvidence {
  /** The z-neighbours, ranked in x (trustworthiness). */
  readonly x: Ranked;
  /** The x-neighbours, ranked in z (continuity). */
  readonly z: Ranked;
}

/** What is known of the lengths of all pairs, or of all pairs of the anchors. */
export interface PairEvidence {
  readonly bins: PairBins;
  readonly counts: PairCounts;
  readonly tables: RankTables;
  /** `slots x MOMENTS_WIDTH`, or one row when every pair was seen. */
  readonly moments: Float64Array;
  /** `slots x RANK_SUMS_WIDTH`, or one row; null when ranks of pairs were not asked for. */
  readonly rankSums: Float64Array | null;
  /** Histogram of the ratios of far pairs; null when ranks of pairs were not asked for. */
  readonly far: Float64Array | null;
}

/** Two spaces side by side: the evidence that all scores are functions of. Computed once, in as few passes as it takes. */
export interface Comparison extends Studies, SweptEvidence {}

/** What the sweep over pairs gathers. */
export interface SweptEvidence {
  readonly spaces: { readonly x: Space; readonly z: Space };
  readonly layout: Layout;
  readonly k: number;
  readonly neighbors: NeighborEvidence | null;
  readonly ranks: RankEvidence | null;
  readonly pairs: PairEvidence | null;
}

/** How a comparison is to be made. */
export interface CompareOptions {
  readonly layout: Layout;
  readonly k: number;
  readonly wants: ReadonlySet<Evidence>;
  readonly engine: EngineInfo;
  readonly rng: Rng;
  readonly watch: Watch;
  /** Class of each row, from 0; or what will be, for clusters that are found meanwhile. Null: none. */
  readonly classes: Int32Array | Promise<Int32Array> | null;
  readonly known?: Known | null;
}

/** What others have found of a space as its metric places it, in the units of the data. */
export interface Known {
  readonly of: Space;
  readonly covariance: Float64Array | null;
  /** All lengths between some rows. */
  readonly lengths: { readonly rows: Int32Array; readonly lengths: Float64Array } | null;
}

/** Gathers the evidence that is asked for. */
export async function compare(x: Space, z: Space, options: CompareOptions): Promise<Comparison> {
  const swept = await sweepSpaces(x, [z], options);
  const [studying] = studyAll(swept, options);
  return { ...swept[0]!, ...(await studied(studying!)) };
}

/**
 * The evidence of pairs, of each latent against the original; what the latents share is found once.
 *
 * With pairs: two passes over all spaces (nearest, counts and moments; then ranks). Ranks alone, of one latent: the space of
 * fewer dimensions is swept twice and the other once, its ranks counted while its neighbours are still being found.
 */
export async function sweepSpaces(
  x: Space,
  zs: readonly Space[],
  options: CompareOptions,
): Promise<readonly SweptEvidence[]> {
  const { layout, k } = options;
  const swept = await sweepAll({ ...options, x, zs });
  return zs.map((z, l) => ({ spaces: { x, z }, layout, k, ...swept[l]! }));
}
