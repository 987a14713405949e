import { sharedInt32 } from "../base/index.ts";
import {
  candidateWidth,
  measureRows,
  type NearestLists,
  type Neighbors,
  type Places,
  ranksFrom,
  refineLists,
  type Space,
} from "../neighbors/index.ts";
import type {
  CompareOptions,
  Evidence,
  NeighborEvidence,
  PairEvidence,
  RankEvidence,
  Ranked,
  SweptEvidence,
} from "./compare.ts";
import { drawPairs, pairBins, rankTables } from "./plan.ts";
import type { SideSetup } from "./sweep.kernel.ts";
import { type MergedSide, type Sweep, sweep } from "./sweep.ts";

/** Evidence of the sweep over pairs. */
export const SWEPT: readonly Evidence[] = ["neighbors", "ranks", "pairs", "pairRanks"];

/** The original and the latents, and how to sweep them. */
interface Context extends CompareOptions {
  readonly x: Space;
  readonly zs: readonly Space[];
}

type Swept = Pick<SweptEvidence, "neighbors" | "ranks" | "pairs">;

/** What sweeps find of each latent, by the fewest passes. */
export async function sweepAll(context: Context): Promise<readonly Swept[]> {
  const { wants, zs, k } = context;
  if (!SWEPT.some((kind) => wants.has(kind)))
    return zs.map(() => ({ neighbors: null, ranks: null, pairs: null }));
  if (wants.has("pairs") || wants.has("pairRanks")) return everything(context);
  if (wants.has("ranks") && zs.length === 1) return [{ ...(await ranksOnly(context)), pairs: null }];
  if (wants.has("ranks")) return everything(context);
  const side = { nearest: candidateWidth(k), targets: null };
  const found = await sweep(context, "neighbours", { xSide: side, zSides: zs.map(() => side), pairs: null });
  const neighbors = await allNeighbors(context, found);
  return neighbors.map((both) => ({ neighbors: both, ranks: null, pairs: null }));
}

async function everything(context: Context): Promise<readonly Swept[]> {
  const { wants, k, x, zs, layout, rng } = context;
  const paired = wants.has("pairs") || wants.has("pairRanks");
  const drawn = paired ? drawPairs(x, zs, layout, rng.split("pairs")) : [];
  const bins = drawn.map(pairBins);
  const nearest = wants.has("neighbors") || wants.has("ranks") ? candidateWidth(k) : 0;
  const side: SideSetup = { nearest, targets: null };
  const first = await sweep(context, "pass 1 of 2", {
    xSide: side,
    zSides: zs.map(() => side),
    pairs: paired ? bins.map((each) => ({ bins: each, tables: null })) : null,
  });
  const neighbors = nearest > 0 ? await allNeighbors(context, first) : null;
  const pairs: readonly PairEvidence[] = bins.map((each, l) => {
    const { counts, sums } = first.pairs[l]!;
    const tables = rankTables(each, counts!, layout.kind === "anchors" ? drawn[l]! : null);
    return { bins: each, counts: counts!, tables, moments: sums!, rankSums: null, far: null };
  });
  const targets = neighbors && wants.has("ranks") ? await allTargets(context, neighbors) : null;
  const found = (l: number, ranks: RankEvidence | null, pairsOf: PairEvidence | null): Swept => {
    return { neighbors: neighbors?.[l] ?? null, ranks, pairs: pairsOf };
  };
  if (!targets && !wants.has("pairRanks")) return zs.map((_, l) => found(l, null, pairs[l] ?? null));

  const second = await sweep(context, "pass 2 of 2", {
    xSide: { nearest: 0, targets: targets?.x ?? null },
    zSides: zs.map((_, l) => ({ nearest: 0, targets: targets?.zs[l] ?? null })),
    pairs: wants.has("pairRanks") ? pairs : null,
  });
  return zs.map((_, l) => {
    const ranks = targets && {
      x: pickRanks(rankedBy(targets.x, second.x!.before!), neighbors![l]!.z),
      z: rankedBy(targets.zs[l]!, second.zs[l]!.before!),
    };
    const { sums: rankSums, far } = second.pairs[l] ?? { sums: null, far: null };
    return found(l, ranks, pairs[l] ? { ...pairs[l]!, rankSums, far } : null);
  });
}

async function ranksOnly(context: Context): Promise<{ neighbors: NeighborEvidence; ranks: RankEvidence }> {
  const { x, zs, k } = context;
  const xIsSmall = x.cols < zs[0]!.cols;
  const [small, large] = xIsSmall ? [x, zs[0]!] : [zs[0]!, x];
  const nearest = candidateWidth(k);
  const one = async (space: Space, setup: SideSetup, stage: string): Promise<MergedSide> => {
    const own = { xSide: space === x ? setup : null, zSides: space === x ? null : [setup], pairs: null };
    const found = await sweep(context, stage, own);
    return space === x ? found.x! : found.zs[0]!;
  };
  const a = await one(small, { nearest, targets: null }, "pass 1 of 3");
  const smallNeighbors = await neighborsIn(context, small, a.nearest!);
  const largeTargets = await targetsIn(context, large, smallNeighbors.ids, k);
  const b = await one(large, { nearest, targets: largeTargets }, "pass 2 of 3");
  const largeNeighbors = await neighborsIn(context, large, b.nearest!);
  const smallTargets = await targetsIn(context, small, largeNeighbors.ids, k);
  const c = await one(small, { nearest: 0, targets: smallTargets }, "pass 3 of 3");

  const largeRanks = rankedBy(largeTargets, b.before!);
  const smallRanks = rankedBy(smallTargets, c.before!);
  return xIsSmall
    ? { neighbors: { x: smallNeighbors, z: largeNeighbors }, ranks: { x: smallRanks, z: largeRanks } }
    : { neighbors: { x: largeNeighbors, z: smallNeighbors }, ranks: { x: largeRanks, z: smallRanks } };
}

function rankedBy(targets: Neighbors, before: Int32Array): Ranked {
  return { ids: targets.ids, ranks: ranksFrom(targets, before), orders: targets.orders };
}

/** Of ranked rows, those that are neighbours of their slot in one latent. */
function pickRanks(all: Ranked, { ids: wanted, k }: Neighbors): Ranked {
  const width = (all.ids.length * k) / wanted.length;
  if (width === k) return all;
  const ids = new Int32Array(wanted.length);
  const ranks = new Int32Array(wanted.length);
  const orders = new Float64Array(wanted.length);
  for (let from = 0, at = 0; from < wanted.length; from += k, at += width) {
    const own = new Set(wanted.subarray(from, from + k));
    let to = from;
    for (let p = at; p < at + width; p++) {
      // A row that is a neighbour in two latents stands twice.
      if (!own.delete(all.ids[p]!)) continue;
      ids[to] = all.ids[p]!;
      orders[to] = all.orders[p]!;
      ranks[to++] = all.ranks[p]!;
    }
  }
  return { ids, ranks, orders };
}

function placesIn({ layout }: Context, space: Space): Places {
  return { slots: space, searched: space, layout, selfless: true };
}

function neighborsIn(context: Context, space: Space, lists: NearestLists) {
  return refineLists(lists, placesIn(context, space), context.k, context.engine, context.watch);
}

/** Rows found in other spaces, `width` per slot, measured in this one. */
function targetsIn(context: Context, space: Space, ids: Int32Array, width: number) {
  return measureRows(ids, placesIn(context, space), width, context.engine, context.watch);
}

async function allNeighbors(context: Context, found: Sweep): Promise<readonly NeighborEvidence[]> {
  const x = await neighborsIn(context, context.x, found.x!.nearest!);
  const both: NeighborEvidence[] = [];
  for (const [l, z] of context.zs.entries()) {
    both.push({ x, z: await neighborsIn(context, z, found.zs[l]!.nearest!) });
  }
  return both;
}

/** The neighbours in all latents, to be ranked in the original; and those in the original, to be ranked in each latent. */
async function allTargets(
  context: Context,
  neighbors: readonly NeighborEvidence[],
): Promise<{ readonly x: Neighbors; readonly zs: readonly Neighbors[] }> {
  const { x, zs, k } = context;
  const ids = neighbors.map((both) => both.z.ids);
  const targets: Neighbors[] = [];
  for (const [l, z] of zs.entries()) targets.push(await targetsIn(context, z, neighbors[l]!.x.ids, k));
  return { x: await targetsIn(context, x, sideBySide(ids, k), k * zs.length), zs: targets };
}

/** Lists of k per slot, those of one slot one after the other; on shared memory. */
function sideBySide(lists: readonly Int32Array[], k: number): Int32Array {
  const first = lists[0]!;
  if (lists.length === 1) return first;
  const all = sharedInt32(first.length * lists.length);
  lists.forEach((ids, l) => {
    for (let from = 0; from < ids.length; from += k) {
      all.set(ids.subarray(from, from + k), from * lists.length + l * k);
    }
  });
  return all;
}
