import { select } from "../../base/index.ts";
import { columnsOf, type Interactions, weightsOf } from "./interactions.ts";

/** The cosines of one item with those that share a user with it; valid until the next item is asked for. */
export interface SharedCosines {
  /** Items with a user in common, in the order in which they were met, the item itself left out. */
  readonly items: Int32Array;
  /** By item number; 0 where no user is shared. */
  readonly cosines: Float64Array;
}

/**
 * How alike items are by who took them: cos_ab = r_a . r_b / (|r_a| |r_b| + shrinkage), r_a being item a's weights over users (item-kNN; Deshpande & Karypis 2004, eq. 3; the
 * shrinkage of few shared users by Koren 2008). Their *co-preference distance* is the chord sqrt(2 - 2 cos), from 0 to sqrt(2).
 *
 * Cost for all items: sum of m_u^2 over users of m_u items; O(items) memory.
 */
export function openCosines(
  { byUser, byItem }: Interactions,
  shrinkage: number,
): (item: number) => SharedCosines {
  const count = byItem.starts.length - 1;
  const lengths = Float64Array.from({ length: count }, (_, i) =>
    Math.sqrt(weightsOf(byItem, i).reduce((sum, w) => sum + w * w, 0)),
  );
  const cosines = new Float64Array(count);
  const met = new Int32Array(count);
  let found = 0;
  return (item) => {
    for (let p = 0; p < found; p++) cosines[met[p]!] = 0;
    found = 0;
    const users = columnsOf(byItem, item);
    const weights = weightsOf(byItem, item);
    for (let p = 0; p < users.length; p++) {
      for (let q = byUser.starts[users[p]!]!; q < byUser.starts[users[p]! + 1]!; q++) {
        const other = byUser.columns[q]!;
        if (other === item) continue;
        if (cosines[other] === 0) met[found++] = other;
        cosines[other]! += weights[p]! * byUser.weights[q]!;
      }
    }
    for (let p = 0; p < found; p++) {
      const other = met[p]!;
      cosines[other]! /= lengths[item]! * lengths[other]! + shrinkage;
    }
    return { items: met.subarray(0, found), cosines };
  };
}

/** The chord between unit vectors of this cosine. */
export function chord(cosine: number): number {
  return Math.sqrt(Math.max(0, 2 - 2 * cosine));
}

/** The `k` of `candidates` with the largest value, best first; equal ones by number. Fewer where there are fewer. O(n + k log k), where few are equal to the last. */
export function largest(candidates: ArrayLike<number>, values: ArrayLike<number>, k: number): number[] {
  const surplus = candidates.length - k;
  let least = Number.NEGATIVE_INFINITY;
  if (surplus > 0 && k > 0) {
    const numbers = new Float64Array(candidates.length);
    for (let p = 0; p < numbers.length; p++) numbers[p] = values[candidates[p]!]!;
    least = select(numbers, surplus);
  }
  const kept: number[] = [];
  for (let p = 0; p < candidates.length; p++) {
    if (values[candidates[p]!]! >= least) kept.push(candidates[p]!);
  }
  return kept.sort((a, b) => values[b]! - values[a]! || a - b).slice(0, k);
}

/** The numbers of [0, n) without some. */
export function allBut(n: number, left: ArrayLike<number>): Int32Array {
  const out = new Uint8Array(n);
  for (let p = 0; p < left.length; p++) out[left[p]!] = 1;
  const kept = new Int32Array(n);
  let count = 0;
  for (let i = 0; i < n; i++) if (out[i] === 0) kept[count++] = i;
  return kept.subarray(0, count);
}
