/** Clusters smaller than this are none, and this many neighbours make a point's core distance: the defaults of hdbscan. */
const LEAST = 5;

/**
 * Clusters by density: HDBSCAN (Campello, Moulavi & Sander 2013) of points known by their distances, with excess of mass and a single
 * cluster allowed. Gives the cluster of each point, -1 for noise.
 *
 * As the package hdbscan 0.8 does it, one habit included: where everything is one cluster only the points that stay to its end belong to it,
 * the others are noise. Equal distances join in the order of points.
 *
 * Cost O(n^2).
 *
 * @param distances n x n, symmetric, 0 on the diagonal and above 0 elsewhere
 */
export function hdbscan(distances: Float64Array, n: number): Int32Array {
  if (n < 2) return new Int32Array(n).fill(-1);
  const tree = condense(joinEdges(spanningTree(distances, n)), n);
  const chosen = excessOfMass(tree);
  const numbers = new Int32Array(tree.births.length).fill(-1);
  let next = 0;
  chosen.forEach((is, c) => {
    if (is) numbers[c] = next++;
  });
  const single = chosen[0] === true;
  return new Int32Array(n).map((_, i) => {
    let c = tree.homes[i]!;
    while (c >= 0 && !chosen[c]) c = tree.parents[c]!;
    if (c < 0 || (single && tree.leaves[i]! < tree.ends[0]!)) return -1;
    return numbers[c]!;
  });
}

/** Edges, one after the other. */
interface Edges {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly lengths: Float64Array;
}

/** The minimum spanning tree under mutual reachability, max(core_i, core_j, d_ij), by Prim's algorithm; shortest edges first. */
function spanningTree(distances: Float64Array, n: number): Edges {
  const cores = coreDistances(distances, n);
  const nearest = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const sources = new Int32Array(n);
  const outside = new Uint8Array(n).fill(1);
  const edges = { from: new Int32Array(n - 1), to: new Int32Array(n - 1), lengths: new Float64Array(n - 1) };
  for (let e = 0, at = 0; e < n - 1; e++) {
    outside[at] = 0;
    let best = -1;
    for (let j = 0; j < n; j++) {
      if (outside[j] === 0) continue;
      const reach = Math.max(distances[at * n + j]!, cores[at]!, cores[j]!);
      if (reach < nearest[j]!) {
        nearest[j] = reach;
        sources[j] = at;
      }
      if (best < 0 || nearest[j]! < nearest[best]!) best = j;
    }
    edges.from[e] = sources[best]!;
    edges.to[e] = best;
    edges.lengths[e] = nearest[best]!;
    at = best;
  }
  const order = Int32Array.from(edges.lengths.keys()).sort((a, b) => edges.lengths[a]! - edges.lengths[b]!);
  return {
    from: order.map((e) => edges.from[e]!),
    to: order.map((e) => edges.to[e]!),
    lengths: Float64Array.from(order, (e) => edges.lengths[e]!),
  };
}

/** The distance of each point to its 5th neighbour, or its last where there are fewer. */
function coreDistances(distances: Float64Array, n: number): Float64Array {
  const k = Math.min(n - 1, LEAST);
  const smallest = new Float64Array(k + 1);
  return new Float64Array(n).map((_, i) => {
    smallest.fill(Number.POSITIVE_INFINITY);
    for (let p = i * n; p < (i + 1) * n; p++) {
      let at = k;
      if (distances[p]! >= smallest[at]!) continue;
      for (; at > 0 && smallest[at - 1]! > distances[p]!; at--) smallest[at] = smallest[at - 1]!;
      smallest[at] = distances[p]!;
    }
    return smallest[k]!;
  });
}

/** Joins of two nodes each, the nearest first: node i < n is a point, n + j the j-th join. */
interface Joins {
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly lengths: Float64Array;
  /** Points below each join. */
  readonly sizes: Int32Array;
}

/** Single linkage from the edges of a spanning tree. */
function joinEdges({ from, to, lengths }: Edges): Joins {
  const n = lengths.length + 1;
  const above = new Int32Array(2 * n - 1).fill(-1);
  const top = (node: number) => {
    let root = node;
    while (above[root]! >= 0) root = above[root]!;
    for (let at = node; at !== root; ) {
      const next = above[at]!;
      above[at] = root;
      at = next;
    }
    return root;
  };
  const left = from.map(() => 0);
  const right = from.map(() => 0);
  const sizes = from.map(() => 0);
  const sizeOf = (node: number) => (node < n ? 1 : sizes[node - n]!);
  for (let e = 0; e < n - 1; e++) {
    left[e] = top(from[e]!);
    right[e] = top(to[e]!);
    sizes[e] = sizeOf(left[e]!) + sizeOf(right[e]!);
    above[left[e]!] = n + e;
    above[right[e]!] = n + e;
  }
  return { left, right, lengths, sizes };
}

/** The tree of clusters of 5 points or more; the first is the whole. Densities are 1 / length. */
interface Condensed {
  /** The cluster that each is a part of, before it in number; -1 for the whole. */
  readonly parents: number[];
  /** Density at which each cluster begins, and the largest at which it loses a point or splits. */
  readonly births: number[];
  readonly ends: number[];
  /** Sum over its points of how much density each stayed for. */
  readonly stabilities: number[];
  /** For each point the last cluster that it is in, and the density at which it leaves that. */
  readonly homes: Int32Array;
  readonly leaves: Float64Array;
}

/** From the top: a part of fewer than 5 points falls out of its cluster, two larger ones are clusters of their own. */
function condense(joins: Joins, n: number): Condensed {
  const tree: Condensed = {
    parents: [-1],
    births: [0],
    ends: [0],
    stabilities: [0],
    homes: new Int32Array(n),
    leaves: new Float64Array(n),
  };
  const sizeOf = (node: number) => (node < n ? 1 : joins.sizes[node - n]!);
  const clusters = new Int32Array(n - 1).fill(-1);
  clusters[n - 2] = 0;
  // A join comes after its parts, so that going down in number the cluster of each is known.
  for (let join = n - 2; join >= 0; join--) {
    const c = clusters[join]!;
    if (c < 0) continue;
    const density = 1 / joins.lengths[join]!;
    const parts = [joins.left[join]!, joins.right[join]!];
    const splits = parts.every((part) => sizeOf(part) >= LEAST);
    for (const part of parts) {
      const size = sizeOf(part);
      if (splits || size < LEAST) {
        tree.stabilities[c]! += (density - tree.births[c]!) * size;
        tree.ends[c] = Math.max(tree.ends[c]!, density);
      }
      if (splits) {
        clusters[part - n] = tree.parents.push(c) - 1;
        tree.births.push(density);
        tree.ends.push(0);
        tree.stabilities.push(0);
      } else if (size >= LEAST) {
        clusters[part - n] = c;
      } else {
        dropOut(joins, part, c, density, tree);
      }
    }
  }
  return tree;
}

/** All points below a node leave their cluster. */
function dropOut(joins: Joins, node: number, cluster: number, density: number, tree: Condensed): void {
  const n = tree.homes.length;
  if (node < n) {
    tree.homes[node] = cluster;
    tree.leaves[node] = density;
    return;
  }
  dropOut(joins, joins.left[node - n]!, cluster, density, tree);
  dropOut(joins, joins.right[node - n]!, cluster, density, tree);
}

/** Which clusters to take: those that are more stable than all of their parts together, the largest such. */
function excessOfMass({ parents, stabilities }: Condensed): boolean[] {
  const best = [...stabilities];
  const below = parents.map(() => 0);
  const chosen = parents.map(() => true);
  for (let c = parents.length - 1; c >= 0; c--) {
    if (below[c]! > stabilities[c]!) {
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
