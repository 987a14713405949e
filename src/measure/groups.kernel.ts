import type { Kernel } from "../engine/index.ts";
import { hdbscan } from "./density/hdbscan.ts";

/** Similarities of all pairs of some rows, `size x size`, 0 to 1 and 0 on the diagonal, in two spaces. */
export interface GroupsSetup {
  readonly size: number;
  /** Where groups were found. */
  readonly found: Float32Array;
  /** Where they are looked at. */
  readonly seen: Float32Array;
  /** The largest loss of a pair. */
  readonly largest: number;
}

/** The dissimilarity of similarity s is 1 / (s + ALPHA) (Jeon et al. 2021). */
const ALPHA = 0.1;

/** A task is the rows of a group; its result the weighted sum of losses between the parts that it falls into, and of weights. */
export async function open(setup: GroupsSetup): Promise<Kernel<Int32Array, readonly [number, number], null>> {
  return { run: async (members) => lossOf(members, setup), finish: () => null };
}

export function dissimilarity(similarity: number): number {
  return 1 / (similarity + ALPHA);
}

/** How much farther apart a pair is where it is seen than where it was found; 0 where it is nearer. */
function lossOf(members: Int32Array, { size, found, seen, largest }: GroupsSetup): readonly [number, number] {
  if (largest === 0) return [0, 0];
  const { parts, sizes } = partsOf(members, seen, size);
  const count = sizes.length;
  const inFound = new Float64Array(count * count);
  const inSeen = new Float64Array(count * count);
  for (let a = 1; a < members.length; a++) {
    for (let b = 0; b < a; b++) {
      const high = Math.max(parts[a]!, parts[b]!);
      const low = Math.min(parts[a]!, parts[b]!);
      const pair = members[a]! * size + members[b]!;
      inFound[high * count + low]! += found[pair]!;
      inSeen[high * count + low]! += seen[pair]!;
    }
  }
  let losses = 0;
  let weights = 0;
  for (let a = 1; a < count; a++) {
    for (let b = 0; b < a; b++) {
      const weight = sizes[a]! * sizes[b]!;
      const far = dissimilarity(inSeen[a * count + b]! / weight);
      const loss = far - dissimilarity(inFound[a * count + b]! / weight);
      if (loss <= 0) continue;
      losses += weight * (loss / largest);
      weights += weight;
    }
  }
  return [losses, weights];
}

/** The clusters that a group falls into; what is noise is a part of its own. */
function partsOf(members: Int32Array, seen: Float32Array, size: number) {
  const n = members.length;
  const distances = new Float64Array(n * n);
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < n; b++) {
      if (a !== b) distances[a * n + b] = dissimilarity(seen[members[a]! * size + members[b]!]!);
    }
  }
  const parts = hdbscan(distances, n);
  let count = parts.reduce((most, part) => Math.max(most, part + 1), 0);
  for (let i = 0; i < n; i++) if (parts[i]! < 0) parts[i] = count++;
  const sizes = new Int32Array(count);
  for (const part of parts) sizes[part]!++;
  return { parts, sizes };
}
