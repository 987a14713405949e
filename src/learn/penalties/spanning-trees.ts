/** Edges of minimum spanning trees of the rows of a batch, n x n: 1 at an edge, both ways, 0 elsewhere. */
export interface SpanningTrees {
  readonly x: Float32Array;
  readonly z: Float32Array;
  /** Of the smaller of both lengths, each in units of the mean edge of its own tree. */
  readonly min: Float32Array;
}

/**
 * The minimum spanning trees that the topological penalty looks at: of each piece one, where endless lengths leave several. Cost 3 n^2.
 *
 * @param dx n x n, symmetric, n >= 2; Infinity where there is no edge; the diagonal is not read
 * @param dz n x n, as `dx`
 */
export function spanningTrees(dx: Float32Array, dz: Float32Array, n: number): SpanningTrees {
  const x = spanningTree((i) => dx[i]!, n);
  const z = spanningTree((i) => dz[i]!, n);
  const [a, b] = [1 / x.meanEdge, 1 / z.meanEdge];
  const min = spanningTree((i) => Math.min(a * dx[i]!, b * dz[i]!), n);
  return { x: x.mask, z: z.mask, min: min.mask };
}

interface Tree {
  readonly mask: Float32Array;
  /** 1 where all edges are 0. */
  readonly meanEdge: number;
}

/** Prim 1957: the vertex nearest to the tree joins it, until all have. */
function spanningTree(lengthAt: (place: number) => number, n: number): Tree {
  const mask = new Float32Array(n * n);
  const shortest = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const nearest = new Int32Array(n);
  const outside = Int32Array.from({ length: n - 1 }, (_, i) => i + 1);
  let [total, count] = [0, 0];
  for (let left = n - 1, joined = 0; left > 0; left--) {
    let best = 0;
    for (let q = 0; q < left; q++) {
      const v = outside[q]!;
      const length = lengthAt(joined * n + v);
      if (length < shortest[v]!) {
        shortest[v] = length;
        nearest[v] = joined;
      }
      if (shortest[v]! < shortest[outside[best]!]!) best = q;
    }
    joined = outside[best]!;
    outside[best] = outside[left - 1]!;
    if (shortest[joined] === Number.POSITIVE_INFINITY) continue;
    mask[joined * n + nearest[joined]!] = 1;
    mask[nearest[joined]! * n + joined] = 1;
    total += shortest[joined]!;
    count++;
  }
  return { mask, meanEdge: total / count || 1 };
}
