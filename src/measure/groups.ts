import { permutation, type Rng, sharedFloat32 } from "../base/index.ts";
import { copyRows, kernelUrl, runBlocks } from "../engine/index.ts";
import { findNearest, makeSpace, type Space, type StraightMetric } from "../neighbors/index.ts";
import type { CompareOptions, SweptEvidence } from "./compare.ts";
import { dissimilarity, type GroupsSetup } from "./groups.kernel.ts";
import { drawLandmarks } from "./landmarks.ts";
import type { StudyOptions } from "./studies.ts";

/** What became of random groups of one space in the other: for each group the weighted sum of losses, and the sum of weights. */
export interface GroupEvidence {
  /** Rows that groups were drawn from. */
  readonly rows: number;
  /** Groups of the latent, in the original (steadiness); and of the latent with its rows shuffled. */
  readonly latent: GroupLosses;
  readonly latentShuffled: GroupLosses;
  /** Groups of the original, in the latent (cohesiveness). */
  readonly original: GroupLosses;
  readonly originalShuffled: GroupLosses;
}

/** One [losses, weights] for each group. */
export type GroupLosses = readonly (readonly [losses: number, weights: number])[];

/** Groups drawn in each space, and after a shuffle. Few bear most of the loss where clusters are well kept: 150, as the authors draw, leave intervals too narrow. */
const GROUPS = 300;
const SHUFFLED_GROUPS = 30;

/** Steps of a walk, as a share of the rows. */
const WALK = 0.3;

/** Tries for a group of more than one row before another seed is taken. */
const TRIES = 1_000;

/**
 * Draws groups in each space and looks at them in the other (Jeon et al. 2021): for steadiness and cohesiveness. Null where rows share no neighbours.
 *
 * Among at most 1,000 landmarks, with the sqrt(m) nearest of each. Cost O(m^2 d), and for each of 660 groups of up to .3 m rows its square.
 */
export async function gatherGroups(
  { spaces }: SweptEvidence,
  options: StudyOptions,
): Promise<GroupEvidence | null> {
  const random = options.rng.split("groups");
  const { x: original, z: latent } = spaces;
  if (original.metric === "geodesic" || latent.metric === "geodesic") return null;
  const landmarks = drawLandmarks(spaces.x.rows, options.rng);
  const x = await options.once(spaces.x, "shared neighbours", () => graphOf(spaces.x, landmarks, options));
  const z = await graphOf(spaces.z, landmarks, options);
  const shuffled = relabelled(z, permutation(random.split("shuffle"), landmarks.length));
  const draw = async (found: SharedGraph, seen: SharedGraph, count: number, name: string) =>
    groupLosses(found, seen, walks(found, count, random.split(name)), options);
  const evidence = {
    rows: landmarks.length,
    latent: await draw(z, x, GROUPS, "latent"),
    latentShuffled: await draw(shuffled, x, SHUFFLED_GROUPS, "latent, shuffled"),
    original: await draw(x, z, GROUPS, "original"),
    originalShuffled: await draw(x, shuffled, SHUFFLED_GROUPS, "original, shuffled"),
  };
  return evidence.latent.length > 0 && evidence.original.length > 0 ? evidence : null;
}

/** Rows joined by the neighbours that they share. */
interface SharedGraph {
  readonly rows: number;
  readonly k: number;
  /** `rows x k`, nearest first. */
  readonly neighbors: Int32Array;
  /** `rows x rows` on shared memory, over the largest; 0 on the diagonal. */
  readonly similarities: Float32Array;
}

async function graphOf(
  space: Space,
  landmarks: Int32Array,
  { engine, watch }: CompareOptions,
): Promise<SharedGraph> {
  const rows = landmarks.length;
  const points = copyRows(space, landmarks);
  const drawn = await makeSpace(points, space.metric as StraightMetric, { engine, name: "the landmarks" });
  const k = Math.floor(Math.sqrt(rows));
  const layout = { kind: "all", rows } as const;
  const { ids } = await findNearest({ slots: drawn, searched: drawn, layout, selfless: true }, k, engine, {
    ...(watch.signal && { signal: watch.signal }),
  });
  return { rows, k, neighbors: ids, similarities: sharedSimilarities(ids, rows, k) };
}

/**
 * Similarity of two rows: sum over the neighbours that they share of the product of what each gives it, k + 1 for its nearest to 2 for its k-th;
 * over the largest. Sums of integers below 2^24: nothing is rounded before the end.
 */
function sharedSimilarities(neighbors: Int32Array, rows: number, k: number): Float32Array {
  const holders: number[][] = Array.from({ length: rows }, () => []);
  for (let p = 0; p < rows * k; p++) holders[neighbors[p]!]!.push(p);
  const sums = sharedFloat32(rows * rows);
  let largest = 0;
  for (const places of holders) {
    for (const p of places) {
      const i = Math.floor(p / k);
      for (const q of places) {
        const j = Math.floor(q / k);
        if (i === j) continue;
        sums[i * rows + j]! += (k + 1 - (p % k)) * (k + 1 - (q % k));
        largest = Math.max(largest, sums[i * rows + j]!);
      }
    }
  }
  if (largest > 0) for (let p = 0; p < sums.length; p++) sums[p]! /= largest;
  return sums;
}

/** The graph once row i stands for row `order[i]`. */
function relabelled({ rows, k, neighbors, similarities }: SharedGraph, order: Int32Array): SharedGraph {
  const back = new Int32Array(rows);
  order.forEach((row, i) => {
    back[row] = i;
  });
  const moved = sharedFloat32(rows * rows);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < rows; j++) moved[i * rows + j] = similarities[order[i]! * rows + order[j]!]!;
  }
  const ids = new Int32Array(rows * k).map(
    (_, p) => back[neighbors[order[Math.floor(p / k)]! * k + (p % k)]!]!,
  );
  return { rows, k, neighbors: ids, similarities: moved };
}

/** Random groups: none where no row shares a neighbour with one of its own. */
function walks(graph: SharedGraph, count: number, random: Rng): Int32Array[] {
  const { rows, k, neighbors, similarities } = graph;
  const seeds: number[] = [];
  for (let i = 0; i < rows; i++) {
    const near = neighbors.subarray(i * k, (i + 1) * k);
    if (near.some((j) => similarities[i * rows + j]! > 0)) seeds.push(i);
  }
  const groups: Int32Array[] = [];
  while (seeds.length > 0 && groups.length < count) {
    const seed = seeds[random.integer(seeds.length)]!;
    for (let t = 0; t < TRIES; t++) {
      const members = walk(graph, seed, random);
      if (members.length < 2) continue;
      groups.push(members);
      break;
    }
  }
  return groups;
}

/** Spreads from a seed: each neighbour of a row that is reached joins with its similarity as chance, until .3 m rows have been visited. */
function walk({ rows, k, neighbors, similarities }: SharedGraph, seed: number, random: Rng): Int32Array {
  const steps = Math.max(1, Math.floor(rows * WALK));
  const reached = new Set([seed]);
  const queue = [seed];
  let visits = 0;
  for (let at = 0; at < queue.length && visits < steps; at++) {
    const i = queue[at]!;
    for (let q = i * k; q < (i + 1) * k; q++) {
      const j = neighbors[q]!;
      if (random.uniform() >= similarities[i * rows + j]!) continue;
      queue.push(j);
      reached.add(j);
      visits++;
    }
  }
  return Int32Array.from(reached);
}

async function groupLosses(
  found: SharedGraph,
  seen: SharedGraph,
  groups: readonly Int32Array[],
  { engine, watch }: CompareOptions,
): Promise<GroupLosses> {
  let largest = 0;
  for (let p = 0; p < found.similarities.length; p++) {
    const loss = dissimilarity(seen.similarities[p]!) - dissimilarity(found.similarities[p]!);
    largest = Math.max(largest, loss);
  }
  const setup: GroupsSetup = {
    size: found.rows,
    found: found.similarities,
    seen: seen.similarities,
    largest,
  };
  const { results } = await runBlocks<Int32Array, readonly [number, number], null>({
    ...watch,
    engine,
    kernel: kernelUrl("./groups.kernel.js", import.meta.url),
    setup,
    tasks: groups,
    stage: "groups",
  });
  return results;
}
