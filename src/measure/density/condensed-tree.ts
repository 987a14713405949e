import type { Linkage } from "./linkage.ts";

/** How clusters are chosen from the tree: by excess of mass, or its leaves. */
export type Selection = "eom" | "leaf";

/** The tree of clusters of `minClusterSize` rows or more; the first is the whole. Densities are 1 / length. */
export interface CondensedTree {
  /** The cluster that each is a part of, before it in number; -1 for the whole. */
  readonly parents: readonly number[];
  /** Density at which each cluster begins, and the largest at which it loses rows or splits. */
  readonly births: readonly number[];
  readonly deaths: readonly number[];
  /** Sum over its rows of how much density each stayed for. */
  readonly stabilities: readonly number[];
  /** For each row the last cluster that it is in, and the density at which it leaves that. */
  readonly homes: Int32Array;
  readonly leaves: Float64Array;
  /** Rows of each cluster where it begins. */
  readonly sizes: readonly number[];
}

/** What a tree says of rows. */
export interface Labels {
  /** Cluster of each row, numbered from 0; -1 for noise. */
  readonly labels: Int32Array;
  /** How much of its cluster's density each row stays for, 0 to 1; 0 for noise. */
  readonly probabilities: Float64Array;
  /** GLOSH: how much less dense each row is than the densest place of what it belongs to, 0 to 1. */
  readonly outlierScores: Float64Array;
  /** Of each cluster in the labels: its stability by the largest that its rows could have, 0 to 1. */
  readonly persistences: readonly number[];
}

type Growing = {
  -readonly [K in keyof CondensedTree]: CondensedTree[K] extends readonly number[]
    ? number[]
    : CondensedTree[K];
};

/**
 * The condensed tree (Campello, Moulavi & Sander 2013; McInnes & Healy 2017): from the top, a part of fewer than `minClusterSize` rows falls out of its cluster, two larger ones are clusters of
 * their own. Equal rows are as dense as the closest that differ: 1 / 0 would outweigh all else. Cost O(n).
 */
export function condense(linkage: Linkage, minClusterSize: number): CondensedTree {
  const { rows: n, lengths, sizes, left, right } = linkage;
  const shortest = lengths.find((length) => length > 0) ?? 1;
  const tree: Growing = {
    ...{ parents: [-1], births: [0], deaths: [0], stabilities: [0], sizes: [n] },
    ...{ homes: new Int32Array(n), leaves: new Float64Array(n) },
  };
  const sizeOf = (node: number) => (node < n ? 1 : sizes[node - n]!);
  const clusters = new Int32Array(n - 1).fill(-1);
  clusters[n - 2] = 0;
  // A join comes after its parts, so that going down in number the cluster of each is known.
  for (let join = n - 2; join >= 0; join--) {
    const c = clusters[join]!;
    if (c < 0) continue;
    const density = 1 / Math.max(lengths[join]!, shortest);
    const parts = [left[join]!, right[join]!];
    const splits = parts.every((part) => sizeOf(part) >= minClusterSize);
    for (const part of parts) {
      const size = sizeOf(part);
      if (splits || size < minClusterSize) {
        tree.stabilities[c]! += (density - tree.births[c]!) * size;
        tree.deaths[c] = Math.max(tree.deaths[c]!, density);
      }
      if (splits) {
        clusters[part - n] = tree.parents.push(c) - 1;
        tree.births.push(density);
        tree.deaths.push(0);
        tree.stabilities.push(0);
        tree.sizes.push(size);
      } else if (size >= minClusterSize) {
        clusters[part - n] = c;
      } else {
        dropOut(linkage, part, c, density, tree);
      }
    }
  }
  return tree;
}

/** All rows below a node leave their cluster. */
function dropOut(
  { rows: n, left, right }: Linkage,
  node: number,
  cluster: number,
  density: number,
  tree: Pick<CondensedTree, "homes" | "leaves">,
): void {
  const waiting = [node];
  while (waiting.length > 0) {
    const at = waiting.pop()!;
    if (at >= n) waiting.push(left[at - n]!, right[at - n]!);
    else {
      tree.homes[at] = cluster;
      tree.leaves[at] = density;
    }
  }
}

/**
 * The clusters of a tree, and how far rows belong to them. By excess of mass those that are more stable than all of their parts together are taken (Campello et al. 2013, section 4), by leaf those
 * without parts. The whole is taken only where `allowSingle`; then rows that leave it before its end are noise. Probabilities as in the package hdbscan, outlier scores GLOSH (Campello et al. 2015,
 * definition 9). Clusters are numbered by size, the largest first.
 */
export function labelRows(tree: CondensedTree, selection: Selection, allowSingle: boolean): Labels {
  const { homes, leaves, deaths, stabilities, sizes } = tree;
  const { own, kept } = membersOf(tree, selection, allowSingle);
  const highest = deepest(tree);
  const densest = deaths.reduce((most, density) => Math.max(most, density), 0);
  return {
    labels: numbered(own, kept),
    probabilities: Float64Array.from(own, (c, i) =>
      c < 0 ? 0 : deaths[c]! > 0 ? Math.min(leaves[i]!, deaths[c]!) / deaths[c]! : 1,
    ),
    outlierScores: leaves.map((density, i) => 1 - density / highest[homes[i]!]!),
    persistences: kept.map((c) => stabilities[c]! / (sizes[c]! * densest)),
  };
}

/** The labels alone. */
export function rowLabels(tree: CondensedTree, selection: Selection, allowSingle: boolean): Int32Array {
  const { own, kept } = membersOf(tree, selection, allowSingle);
  return numbered(own, kept);
}

/** The chosen cluster of each row, -1 for noise; and those that have rows, the largest first. */
function membersOf(
  tree: CondensedTree,
  selection: Selection,
  allowSingle: boolean,
): { readonly own: Int32Array; readonly kept: readonly number[] } {
  const { parents, homes, leaves, deaths } = tree;
  const chosen = selection === "leaf" ? childless(parents) : excessOfMass(tree, allowSingle);
  chosen[0] = chosen[0]! && allowSingle;
  const own = homes.map((home, i) => {
    let c = home;
    while (c >= 0 && !chosen[c]) c = parents[c]!;
    return c === 0 && leaves[i]! < deaths[0]! ? -1 : c;
  });
  const counts = new Int32Array(parents.length);
  for (const c of own) if (c >= 0) counts[c]!++;
  const kept = [...counts.keys()]
    .filter((c) => counts[c]! > 0)
    .sort((a, b) => counts[b]! - counts[a]! || a - b);
  return { own, kept };
}

function numbered(own: Int32Array, kept: readonly number[]): Int32Array {
  const numbers = new Map(kept.map((c, number) => [c, number]));
  return own.map((c) => numbers.get(c) ?? -1);
}

function childless(parents: readonly number[]): boolean[] {
  const chosen = parents.map(() => true);
  for (const parent of parents) if (parent >= 0) chosen[parent] = false;
  return chosen;
}

/** Which clusters to take: those that are more stable than all of their parts together, the largest such. */
function excessOfMass({ parents, stabilities }: CondensedTree, allowSingle: boolean): boolean[] {
  const best = [...stabilities];
  const below = parents.map(() => 0);
  const chosen = parents.map(() => true);
  for (let c = parents.length - 1; c >= 0; c--) {
    if (below[c]! > stabilities[c]! || (c === 0 && !allowSingle)) {
      chosen[c] = false;
      best[c] = below[c]!;
    }
    if (c > 0) below[parents[c]!]! += best[c]!;
  }
  // Nothing below a cluster that is taken.
  const covered = parents.map(() => false);
  for (let c = 1; c < parents.length; c++) {
    covered[c] = covered[parents[c]!]! || chosen[parents[c]!]!;
    if (covered[c]) chosen[c] = false;
  }
  return chosen;
}

/** The largest density below each cluster, its parts included. */
function deepest({ parents, deaths }: CondensedTree): number[] {
  const highest = [...deaths];
  for (let c = parents.length - 1; c > 0; c--)
    highest[parents[c]!] = Math.max(highest[parents[c]!]!, highest[c]!);
  return highest;
}
