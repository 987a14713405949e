import { duplicateGroups, type Matrix, permutation, type Rng, rowHashes, rowsEqual } from "../base/index.ts";

/** Rows to fit on, and rows to score on: no row of the one is, in either space, a copy of a row of the other. */
export interface Fold {
  readonly anchors: Int32Array;
  readonly test: Int32Array;
}

/** Rows that belong together: copies of each other in one of the spaces, or through others. By the number of the first. */
export function copiesOf(from: Matrix, to: Matrix): Int32Array {
  const first = Int32Array.from({ length: from.rows }, (_, i) => i);
  const find = (i: number): number => {
    let root = i;
    while (first[root] !== root) root = first[root]!;
    for (let at = i; at !== root; ) [at, first[at]] = [first[at]!, root];
    return root;
  };
  for (const side of [from, to]) {
    duplicateGroups(rowHashes(side), rowsEqual(side))?.forEach((same, i) => {
      const [a, b] = [find(i), find(same)];
      first[Math.max(a, b)] = Math.min(a, b);
    });
  }
  return first.map((_, i) => find(i));
}

/** As many parts as there are folds, of about the same size, in random order; copies stay together. */
export function partsOf(groups: Int32Array, count: number, rng: Rng): Int32Array[] {
  const members = new Map<number, number[]>();
  groups.forEach((group, i) => {
    const own = members.get(group);
    if (own) own.push(i);
    else members.set(group, [i]);
  });
  const all = [...members.values()];
  const parts: number[][] = Array.from({ length: count }, () => []);
  for (const at of permutation(rng, all.length)) {
    const least = parts.reduce((a, b) => (b.length < a.length ? b : a));
    least.push(...all[at]!);
  }
  return parts.map((part) => Int32Array.from(part));
}

/** Each of the first `used` parts as test rows, and the others as anchors. */
export function foldsOf(parts: readonly Int32Array[], used: number): Fold[] {
  return parts.slice(0, used).map((test, i) => ({
    test: test.slice().sort(),
    anchors: Int32Array.from(parts.flatMap((part, j) => (j === i ? [] : Array.from(part)))),
  }));
}

/** Anchors that were named, and of the others those that are no copies of one. */
export function foldAround(anchors: Int32Array, groups: Int32Array): Fold {
  const seen = new Set(Array.from(anchors, (row) => groups[row]!));
  const test = Int32Array.from(groups.keys()).filter((row) => !seen.has(groups[row]!));
  return { anchors, test };
}
