import type { ReachabilityTree } from "./reachability.ts";

/** Joins of two nodes each, the nearest first (single linkage): node i < n is a row, n + j the j-th join. */
export interface Linkage {
  /** n */
  readonly rows: number;
  readonly left: Int32Array;
  readonly right: Int32Array;
  readonly lengths: Float64Array;
  /** Rows below each join. */
  readonly sizes: Int32Array;
  /** The join that each node is part of, as a node; -1 for the whole. `2 n - 1` */
  readonly above: Int32Array;
}

/** Single linkage from a spanning tree whose edges are in order. Cost O(n log n). */
export function linkageOf({ from, to, lengths }: Pick<ReachabilityTree, "from" | "to" | "lengths">): Linkage {
  const n = lengths.length + 1;
  const above = new Int32Array(2 * n - 1).fill(-1);
  // Shortcuts to the top, beside the tree itself.
  const jump = above.slice();
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
    for (const part of [a, b]) {
      above[part] = n + e;
      jump[part] = n + e;
    }
  }
  return { rows: n, left, right, lengths, sizes, above };
}

/**
 * The shortest reach by which two rows come together: the longest edge on the path between them, least over all paths (the minimax distance).
 * 0 for a row and itself. Cost: the depth of the tree.
 */
export function reachBetween({ rows, above, lengths }: Linkage, a: number, b: number): number {
  let [x, y] = [a, b];
  // A join comes after its parts: the lower of two nodes is not above the other.
  while (x !== y) {
    if (x < y) x = above[x]!;
    else y = above[y]!;
  }
  return x < rows ? 0 : lengths[x - rows]!;
}
