/** A spanning tree of n points as n - 1 edges, the shortest first. */
export interface SpanningEdges {
  readonly from: Int32Array;
  readonly to: Int32Array;
  readonly lengths: Float64Array;
}

/** Joins of two nodes each, the nearest first (single linkage): node i < n is a row, n + j the j-th join. */
export interface Linkage {
  /** n */
  readonly rows: number;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly lengths: Float64Array;
  /** Rows below each join. */
  readonly sizes: Int32Array;
}

/** Single linkage from a spanning tree whose edges are in order. Cost O(n log n). */
export function linkageOf({ from, to, lengths }: SpanningEdges): Linkage {
  const n = lengths.length + 1;
  // The join above each node, then shortcuts further up.
  const jump = new Int32Array(2 * n - 1).fill(-1);
  const topOf = (node: number) => {
    let top = node;
    while (jump[top]! >= 0) top = jump[top]!;
    for (let at = node; at !== top; ) {
      const next = jump[at]!;
      jump[at] = top;
      at = next;
    }
    return top;
  };
  const [left, right, sizes] = [new Int32Array(n - 1), new Int32Array(n - 1), new Int32Array(n - 1)];
  const sizeOf = (node: number) => (node < n ? 1 : sizes[node - n]!);
  for (let e = 0; e < n - 1; e++) {
    const [a, b] = [topOf(from[e]!), topOf(to[e]!)];
    left[e] = a;
    right[e] = b;
    sizes[e] = sizeOf(a) + sizeOf(b);
    jump[a] = n + e;
    jump[b] = n + e;
  }
  return { rows: n, left, right, lengths, sizes };
}
