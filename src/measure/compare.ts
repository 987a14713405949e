import type { Rng, Watch } from "../base/index.ts";
import { type EngineInfo, kernelUrl, runBlocks } from "../engine/index.ts";
import {
  candidateWidth,
  type Layout,
  measureRows,
  mergeCounted,
  mergeLists,
  type NearestLists,
  type Neighbors,
  type Places,
  ranksFrom,
  refineLists,
  type Space,
  slotsOf,
  tileModel,
  tileTasks,
} from "../neighbors/index.ts";
import {
  MOMENTS_WIDTH,
  mergeCounts,
  type PairBins,
  type PairCounts,
  RANK_SUMS_WIDTH,
  type RankTables,
} from "./pairs.ts";
import { drawPairs, pairBins, rankTables } from "./plan.ts";
import { type Studies, study } from "./studies.ts";
import type { SideSetup, SweepSetup, SweepState } from "./sweep.kernel.ts";

/** Kinds of evidence that scores ask for: of the sweep over pairs, and of studies apart from it. */
export type Evidence = "neighbors" | "ranks" | "pairs" | "pairRanks" | keyof Studies;

/** What is known of the neighbourhoods of each slot in both spaces. */
export interface NeighborEvidence {
  readonly x: Neighbors;
  readonly z: Neighbors;
}

/** Rows and their ranks in a space, `slots x k`, 1 = nearest; those of a slot ascend. */
export interface Ranked {
  readonly ids: Int32Array;
  readonly ranks: Int32Array;
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
  /** Class of each row, from 0, where labels are known. */
  readonly classes: Int32Array | null;
}

const SWEPT = ["neighbors", "ranks", "pairs", "pairRanks"] as const;

/** The two spaces, and how to sweep them. */
interface Context extends CompareOptions {
  readonly spaces: { readonly x: Space; readonly z: Space };
}

/**
 * Gathers the evidence that is asked for.
 *
 * With pairs: two passes over both spaces (nearest, counts and moments; then ranks). Ranks alone: the space of
 * fewer dimensions is swept twice and the other once, its ranks counted while its neighbours are still being found.
 */
export async function compare(x: Space, z: Space, options: CompareOptions): Promise<Comparison> {
  const swept = await sweepPairs(x, z, options);
  return { ...swept, ...(await study(swept, options)) };
}

async function sweepPairs(x: Space, z: Space, options: CompareOptions): Promise<SweptEvidence> {
  const context: Context = { ...options, spaces: { x, z } };
  const { wants, layout, k } = options;
  const base = { spaces: context.spaces, layout, k };
  if (!SWEPT.some((kind) => wants.has(kind))) return { ...base, neighbors: null, ranks: null, pairs: null };
  if (wants.has("pairs") || wants.has("pairRanks")) return { ...base, ...(await everything(context)) };
  if (wants.has("ranks")) return { ...base, ...(await ranksOnly(context)), pairs: null };
  const side = { nearest: candidateWidth(k), targets: null };
  const { x: xState, z: zState } = await sweep(context, "neighbours", { x: side, z: side, pairs: null });
  const neighbors = await bothNeighbors(context, xState!.nearest!, zState!.nearest!);
  return { ...base, neighbors, ranks: null, pairs: null };
}

async function everything(context: Context): Promise<Pick<Comparison, "neighbors" | "ranks" | "pairs">> {
  const { wants, k, spaces, layout, rng } = context;
  const drawn = drawPairs(spaces, layout, rng.split("pairs"));
  const bins = pairBins(spaces, drawn);
  const nearest = wants.has("neighbors") || wants.has("ranks") ? candidateWidth(k) : 0;
  const side: SideSetup = { nearest, targets: null };
  const first = await sweep(context, "pass 1 of 2", { x: side, z: side, pairs: { bins, tables: null } });
  const neighbors = nearest > 0 ? await bothNeighbors(context, first.x!.nearest!, first.z!.nearest!) : null;
  const tables = rankTables(bins, first.counts!, layout.kind === "anchors" ? drawn : null);
  const evidence = { bins, counts: first.counts!, tables, moments: first.sums! };
  const targets = neighbors && wants.has("ranks") ? await bothTargets(context, neighbors) : null;
  if (!targets && !wants.has("pairRanks"))
    return { neighbors, ranks: null, pairs: { ...evidence, rankSums: null, far: null } };

  const second = await sweep(context, "pass 2 of 2", {
    x: { nearest: 0, targets: targets?.x ?? null },
    z: { nearest: 0, targets: targets?.z ?? null },
    pairs: wants.has("pairRanks") ? { bins, tables } : null,
  });
  const ranks = targets && {
    x: rankedBy(targets.x, second.x!.before!),
    z: rankedBy(targets.z, second.z!.before!),
  };
  return { neighbors, ranks, pairs: { ...evidence, rankSums: second.sums, far: second.far } };
}

async function ranksOnly(context: Context): Promise<{ neighbors: NeighborEvidence; ranks: RankEvidence }> {
  const { spaces, k } = context;
  const [small, large] = spaces.x.cols < spaces.z.cols ? (["x", "z"] as const) : (["z", "x"] as const);
  const nearest = candidateWidth(k);
  const one = (side: "x" | "z", setup: SideSetup, stage: string) =>
    sweep(context, stage, { x: null, z: null, [side]: setup, pairs: null });

  const a = await one(small, { nearest, targets: null }, "pass 1 of 3");
  const smallNeighbors = await neighborsIn(context, small, a[small]!.nearest!);
  const largeTargets = await targetsIn(context, large, smallNeighbors);
  const b = await one(large, { nearest, targets: largeTargets }, "pass 2 of 3");
  const largeNeighbors = await neighborsIn(context, large, b[large]!.nearest!);
  const smallTargets = await targetsIn(context, small, largeNeighbors);
  const c = await one(small, { nearest: 0, targets: smallTargets }, "pass 3 of 3");

  const largeRanks = rankedBy(largeTargets, b[large]!.before!);
  const smallRanks = rankedBy(smallTargets, c[small]!.before!);
  return small === "z"
    ? { neighbors: { x: largeNeighbors, z: smallNeighbors }, ranks: { x: largeRanks, z: smallRanks } }
    : { neighbors: { x: smallNeighbors, z: largeNeighbors }, ranks: { x: smallRanks, z: largeRanks } };
}

function rankedBy(targets: Neighbors, before: Int32Array): Ranked {
  return { ids: targets.ids, ranks: ranksFrom(targets, before) };
}

function placesIn({ spaces, layout }: Context, side: "x" | "z"): Places {
  return { slots: spaces[side], searched: spaces[side], layout, selfless: true };
}

function neighborsIn(context: Context, side: "x" | "z", lists: NearestLists) {
  return refineLists(lists, placesIn(context, side), context.k, context.engine, context.watch);
}

/** Neighbours found in the other space, measured in this one. */
function targetsIn(context: Context, side: "x" | "z", found: Neighbors) {
  return measureRows(found.ids, placesIn(context, side), context.k, context.engine, context.watch);
}

async function bothNeighbors(context: Context, x: NearestLists, z: NearestLists): Promise<NeighborEvidence> {
  return { x: await neighborsIn(context, "x", x), z: await neighborsIn(context, "z", z) };
}

async function bothTargets(context: Context, neighbors: NeighborEvidence): Promise<NeighborEvidence> {
  return { x: await targetsIn(context, "x", neighbors.z), z: await targetsIn(context, "z", neighbors.x) };
}

/** The merged outcome of a sweep. */
interface Sweep extends SweepState {
  readonly sums: Float64Array | null;
}

async function sweep(
  { spaces, layout, engine, watch }: Context,
  stage: string,
  work: Pick<SweepSetup, "x" | "z" | "pairs">,
): Promise<Sweep> {
  const setup: SweepSetup = { spaces, layout, model: tileModel(), ...work };
  const { results, states } = await runBlocks<unknown, Float64Array | null, SweepState>({
    ...watch,
    engine,
    kernel: kernelUrl("./sweep.kernel.js", import.meta.url),
    setup,
    tasks: tileTasks(layout),
    stage,
  });
  const side = (which: "x" | "z") => {
    if (!work[which]) return null;
    const lists = states.flatMap((s) => s[which]!.nearest ?? []);
    const before = states.flatMap((s) => (s[which]!.before ? [s[which]!.before] : []));
    return {
      nearest: lists.length > 0 ? mergeLists(lists) : null,
      before: before.length > 0 ? mergeCounted(before) : null,
    };
  };
  const counts = states.flatMap((s) => s.counts ?? []);
  const far = states.flatMap((s) => (s.far ? [s.far] : []));
  const width =
    (layout.kind === "all" ? 1 : slotsOf(layout)) * (work.pairs?.tables ? RANK_SUMS_WIDTH : MOMENTS_WIDTH);
  return {
    x: side("x"),
    z: side("z"),
    counts: counts.length > 0 ? mergeCounts(counts) : null,
    far: far.length > 0 ? addInOrder(far, far[0]!.length) : null,
    sums: work.pairs ? addInOrder(results as Float64Array[], width) : null,
  };
}

/** Sums of tasks, added in task order: the same bits on any number of threads. */
function addInOrder(parts: readonly Float64Array[], width: number): Float64Array {
  const sum = new Float64Array(width);
  for (const part of parts) for (let i = 0; i < width; i++) sum[i]! += part[i]!;
  return sum;
}
