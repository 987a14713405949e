import { IsometerError } from "../base/index.ts";

/** Two clusters that become one. */
export interface Merge {
  /** Numbers of the two: items are 0 to n - 1, and merge i makes cluster n + i (SciPy's `linkage`). The smaller number first. */
  readonly left: number;
  readonly right: number;
  /** The dissimilarity at which they meet. */
  readonly height: number;
  /** Items in both. */
  readonly size: number;
}

/** Items by likeness. */
export interface Clustering {
  /** The n - 1 merges, heights ascending: a dendrogram. */
  readonly merges: readonly Merge[];
  /** The items from left to right under the dendrogram, like beside like. */
  readonly order: readonly number[];
  /** The items of each cluster of the best cut, in that order. One where no cut is good. */
  readonly clusters: readonly (readonly number[])[];
  /** Mean silhouette of that cut, -1 to 1; null where there is one cluster. */
  readonly silhouette: number | null;
}

/** Below this mean silhouette clusters are not told apart: "no substantial structure" (Kaufman & Rousseeuw 1990, table 4 of chapter 2). */
const LEAST_SILHOUETTE = 0.25;

/**
 * Clusters items by average linkage, puts them in the order that lays like beside like, and cuts the tree where the mean silhouette is largest.
 * Cost O(n^3), O(n^2) memory.
 *
 * @param dissimilarities `n x n`, symmetric, 0 on the diagonal, none negative
 * @throws bad-value where it is not of that kind
 */
export function cluster(dissimilarities: Float64Array, n: number): Clustering {
  checkDissimilarities(dissimilarities, n);
  const merges = averageLinkage(dissimilarities, n);
  const order = leafOrder(merges, dissimilarities, n);
  return { merges, order, ...bestCut(merges, order, dissimilarities, n) };
}

/** @throws bad-value */
function checkDissimilarities(values: Float64Array, n: number): void {
  const wrong = (problem: string) =>
    new IsometerError("bad-value", `dissimilarities must ${problem}`, {
      needed: "a symmetric matrix of finite numbers, 0 or more, and 0 on its diagonal",
      hint: "1 - agreement is one.",
    });
  if (n < 1 || values.length !== n * n) throw wrong(`be ${n} x ${n}, got ${values.length} numbers`);
  for (let i = 0; i < n; i++) {
    if (values[i * n + i] !== 0) throw wrong(`be 0 between an item and itself: item ${i}`);
    for (let j = 0; j < i; j++) {
      const value = values[i * n + j]!;
      if (!(value >= 0 && value < Number.POSITIVE_INFINITY)) throw wrong(`be 0 or more: ${i} and ${j}`);
      if (value !== values[j * n + i]) throw wrong(`be the same both ways: ${i} and ${j}`);
    }
  }
}

/**
 * Average linkage (UPGMA, Sokal & Michener 1958): the two clusters of least mean dissimilarity between their items become one, until one is left.
 * The mean to a joined cluster is that of its parts, weighed by their sizes (Lance & Williams 1967), so heights never fall. Of equal ones those of
 * the lowest numbers go first. Cost O(n^3).
 *
 * @param dissimilarities `n x n`, symmetric
 */
export function averageLinkage(dissimilarities: Float64Array, n: number): Merge[] {
  const between = dissimilarities.slice();
  // By place in the matrix: a joined cluster takes that of its first part.
  const open = Array.from({ length: n }, (_, place) => ({ place, number: place, size: 1 }));
  const merges: Merge[] = [];
  while (open.length > 1) {
    const { a, b, height } = nearestTwo(open, between, n);
    const [first, second] = [open[a]!, open[b]!];
    const size = first.size + second.size;
    for (const { place } of open) {
      const joined =
        (first.size * between[place * n + first.place]! + second.size * between[place * n + second.place]!) /
        size;
      between[place * n + first.place] = joined;
      between[first.place * n + place] = joined;
    }
    merges.push({
      left: Math.min(first.number, second.number),
      right: Math.max(first.number, second.number),
      height,
      size,
    });
    open[a] = { place: first.place, number: n + merges.length - 1, size };
    open.splice(b, 1);
  }
  return merges;
}

function nearestTwo(open: readonly { readonly place: number }[], between: Float64Array, n: number) {
  let nearest = { a: 0, b: 1, height: Number.POSITIVE_INFINITY };
  for (let a = 0; a < open.length; a++) {
    for (let b = a + 1; b < open.length; b++) {
      const height = between[open[a]!.place * n + open[b]!.place]!;
      if (height < nearest.height) nearest = { a, b, height };
    }
  }
  return nearest;
}

/** A node of the tree: an item, or what a merge made. */
interface Node {
  readonly items: readonly number[];
  /** For each of its items those on the other side of its merge: where an order that begins with the one may end. */
  readonly across: ReadonlyMap<number, readonly number[]>;
}

/** The n items as nodes, then the merges. */
function nodesOf(merges: readonly Merge[], n: number): Node[] {
  const nodes: Node[] = Array.from({ length: n }, (_, i) => ({ items: [i], across: new Map([[i, [i]]]) }));
  for (const { left, right } of merges) {
    const [a, b] = [nodes[left]!.items, nodes[right]!.items];
    const across = new Map([...a.map((u) => [u, b] as const), ...b.map((u) => [u, a] as const)]);
    nodes.push({ items: [...a, ...b], across });
  }
  return nodes;
}

/** Of the orders of a node's items that begin with one item and end with another: the least sum, and the items that meet in the middle. */
interface Ways {
  readonly sums: Float64Array;
  /** By first item in the left node, last item in the right. */
  readonly lastOfLeft: Int32Array;
  readonly firstOfRight: Int32Array;
}

/**
 * The order of items under a tree with the least sum of dissimilarities between neighbours: turning the two sides of a merge round leaves the
 * tree the same, and this is the best of all such turns (Bar-Joseph et al. 2001). Of an order and its mirror image the one that begins with the closer two: what
 * is unlike all others comes last. Cost O(n^3), O(n^2) memory.
 *
 * @param dissimilarities `n x n`, symmetric
 */
export function leafOrder(merges: readonly Merge[], dissimilarities: Float64Array, n: number): number[] {
  const nodes = nodesOf(merges, n);
  const ways: Ways = {
    sums: new Float64Array(n * n),
    lastOfLeft: new Int32Array(n * n),
    firstOfRight: new Int32Array(n * n),
  };
  for (const { left, right } of merges) join(nodes[left]!, nodes[right]!, ways, dissimilarities, n);
  if (n === 1) return [0];
  const { left, right } = merges.at(-1)!;
  let best = { u: 0, w: 0, sum: Number.POSITIVE_INFINITY };
  for (const u of nodes[left]!.items) {
    for (const w of nodes[right]!.items) {
      const sum = ways.sums[u * n + w]!;
      if (sum < best.sum) best = { u, w, sum };
    }
  }
  const order = unfold(2 * n - 2, best.u, best.w, { merges, nodes, ways, n });
  const step = (i: number) => dissimilarities[order[i]! * n + order[i + 1]!]!;
  const [first, last] = [step(0), step(n - 2)];
  const isForward = first < last || (first === last && order[0]! < order.at(-1)!);
  return isForward ? order : order.reverse();
}

/** The ways through two nodes that become one. */
function join(left: Node, right: Node, ways: Ways, dissimilarities: Float64Array, n: number): void {
  const { sums, lastOfLeft, firstOfRight } = ways;
  const reached = new Float64Array(n);
  const from = new Int32Array(n);
  for (const u of left.items) {
    // Through all of the left node to an item of the right one.
    for (const k of right.items) {
      reached[k] = Number.POSITIVE_INFINITY;
      for (const m of left.across.get(u)!) {
        const sum = sums[u * n + m]! + dissimilarities[m * n + k]!;
        if (sum < reached[k]!) [reached[k], from[k]] = [sum, m];
      }
    }
    for (const w of right.items) {
      let least = Number.POSITIVE_INFINITY;
      for (const k of right.across.get(w)!) {
        const sum = reached[k]! + sums[k * n + w]!;
        if (!(sum < least)) continue;
        least = sum;
        lastOfLeft[u * n + w] = from[k]!;
        firstOfRight[u * n + w] = k;
      }
      sums[u * n + w] = least;
      sums[w * n + u] = least;
    }
  }
}

interface Unfolding {
  readonly merges: readonly Merge[];
  readonly nodes: readonly Node[];
  readonly ways: Ways;
  readonly n: number;
}

/** The best order of a node's items from u to w. */
function unfold(node: number, u: number, w: number, tree: Unfolding): number[] {
  const { merges, nodes, ways, n } = tree;
  if (node < n) return [u];
  const { left, right } = merges[node - n]!;
  if (!nodes[left]!.items.includes(u)) return unfold(node, w, u, tree).reverse();
  const [m, k] = [ways.lastOfLeft[u * n + w]!, ways.firstOfRight[u * n + w]!];
  return [...unfold(left, u, m, tree), ...unfold(right, k, w, tree)];
}

/** The clusters that are left when the last `count` - 1 merges are undone, items and clusters in the order of `order`. */
export function cut(merges: readonly Merge[], order: readonly number[], count: number): number[][] {
  const n = order.length;
  const top = Array.from({ length: n }, (_, i) => i);
  // Of each item the last cluster that it came into.
  const nodes = nodesOf(merges, n);
  merges.slice(0, n - count).forEach((_, i) => {
    for (const item of nodes[n + i]!.items) top[item] = n + i;
  });
  const found = new Map<number, number[]>();
  for (const item of order) found.set(top[item]!, [...(found.get(top[item]!) ?? []), item]);
  return [...found.values()];
}

/**
 * Mean silhouette of clusters: (b - a) / max(a, b), a an item's mean dissimilarity to the others of its cluster and b to the nearest other cluster; 0 for an
 * item alone (Rousseeuw 1987). -1..1, more is better. Needs two clusters. Cost O(n^2).
 *
 * @param dissimilarities `n x n`, symmetric
 */
export function silhouetteOf(
  clusters: readonly (readonly number[])[],
  dissimilarities: Float64Array,
  n: number,
): number {
  let sum = 0;
  for (const own of clusters) {
    for (const item of own) {
      if (own.length === 1) continue;
      const total = (others: readonly number[]) =>
        others.reduce((all, other) => all + dissimilarities[item * n + other]!, 0);
      const a = total(own) / (own.length - 1);
      const b = Math.min(...clusters.filter((each) => each !== own).map((each) => total(each) / each.length));
      const most = Math.max(a, b);
      sum += most > 0 ? (b - a) / most : 0;
    }
  }
  return sum / n;
}

/** The cut of the largest mean silhouette; of equal ones that of the fewest clusters. */
function bestCut(
  merges: readonly Merge[],
  order: readonly number[],
  dissimilarities: Float64Array,
  n: number,
): Pick<Clustering, "clusters" | "silhouette"> {
  let best: Pick<Clustering, "clusters" | "silhouette"> = { clusters: [order], silhouette: null };
  for (let count = 2; count < n; count++) {
    const clusters = cut(merges, order, count);
    const silhouette = silhouetteOf(clusters, dissimilarities, n);
    if (silhouette > (best.silhouette ?? LEAST_SILHOUETTE)) best = { clusters, silhouette };
  }
  return best;
}
