import type { Neighbors } from "../../neighbors/index.ts";

/** Connected components of the graph that joins each row with its k nearest, whichever of the two lists the other. Cost about n k. */
export function connectedComponents({ k, ids }: Neighbors): number {
  const rows = ids.length / k;
  const parent = Int32Array.from({ length: rows }, (_, i) => i);
  const root = (i: number) => {
    let at = i;
    while (parent[at] !== at) {
      parent[at] = parent[parent[at]!]!;
      at = parent[at]!;
    }
    return at;
  };
  let components = rows;
  for (let at = 0; at < ids.length; at++) {
    const a = root(Math.floor(at / k));
    const b = root(ids[at]!);
    if (a === b) continue;
    parent[Math.max(a, b)] = Math.min(a, b);
    components--;
  }
  return components;
}
