/** The edges of a tree over m vertices, as numbers low * m + high of the vertices low < high, ascending; and their total length. */
export interface SpanningTree {
  readonly edges: Int32Array;
  readonly total: number;
}

/**
 * The minimum spanning tree of a complete graph: Prim's algorithm (1957). Edges are ordered by (length, lower vertex, higher vertex), so
 * that there is one tree, whatever ties. Cost O(m^2).
 *
 * @param lengths `m x m`, symmetric
 */
export function spanningTree(lengths: Float64Array, m: number): SpanningTree {
  // Of each vertex outside of the tree: its shortest edge into the tree.
  const outside = Int32Array.from({ length: m - 1 }, (_, i) => i + 1);
  const nearest = new Int32Array(m);
  const shortest = Float64Array.from({ length: m }, (_, i) => lengths[i]!);
  const edges = new Int32Array(Math.max(0, m - 1));
  const edge = (v: number, to: number) => (v < to ? v * m + to : to * m + v);
  for (let left = m - 1; left > 0; left--) {
    let at = 0;
    for (let q = 1; q < left; q++) {
      const v = outside[q]!;
      const best = outside[at]!;
      const gap = shortest[v]! - shortest[best]!;
      if (gap < 0 || (gap === 0 && edge(v, nearest[v]!) < edge(best, nearest[best]!))) at = q;
    }
    const joined = outside[at]!;
    outside[at] = outside[left - 1]!;
    edges[m - 1 - left] = edge(joined, nearest[joined]!);
    const start = joined * m;
    for (let q = 0; q < left - 1; q++) {
      const v = outside[q]!;
      const gap = lengths[start + v]! - shortest[v]!;
      if (gap < 0 || (gap === 0 && edge(v, joined) < edge(v, nearest[v]!))) {
        shortest[v] = lengths[start + v]!;
        nearest[v] = joined;
      }
    }
  }
  // Added up afterwards, in the order of joining: summed within the loop, Node 24 was seen to lose a part.
  const total = edges.reduce((sum, at) => sum + lengths[at]!, 0);
  return { edges: edges.sort(), total };
}

/** How many edges two trees over the same vertices share. */
export function sharedEdges(a: SpanningTree, b: SpanningTree): number {
  let shared = 0;
  for (let p = 0, q = 0; p < a.edges.length && q < b.edges.length; ) {
    const gap = a.edges[p]! - b.edges[q]!;
    if (gap === 0) shared++;
    if (gap <= 0) p++;
    if (gap >= 0) q++;
  }
  return shared;
}

/** min(a x, b z), number by number. */
export function smaller(x: Float64Array, a: number, z: Float64Array, b: number): Float64Array {
  const out = new Float64Array(x.length);
  for (let i = 0; i < out.length; i++) {
    const one = a * x[i]!;
    const other = b * z[i]!;
    out[i] = one < other ? one : other;
  }
  return out;
}

/** The rows and columns `of` of an `m x m` matrix, in that order. */
export function submatrix(lengths: Float64Array, m: number, of: Int32Array): Float64Array {
  const out = new Float64Array(of.length * of.length);
  for (let i = 0, at = 0; i < of.length; i++) {
    const start = of[i]! * m;
    for (let j = 0; j < of.length; j++, at++) out[at] = lengths[start + of[j]!]!;
  }
  return out;
}
