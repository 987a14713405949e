import { nearInPlane, plantTree } from "../../../spaces/explore/plane-tree.ts";
import type { View, ViewColumn } from "../../views-contract.ts";
import { isPlaced } from "./register.ts";

/** Neighbours in the first map that a point is held against. */
export const MOVEMENT_NEIGHBORS = 10;

export type NumberColumn = Extract<ViewColumn, { kind: "number" }>;

/** A colouring by how far points move from one latent to another. */
export interface MovementColumn {
  readonly column: NumberColumn;
  readonly from: number;
  readonly to: number;
}

/** One for each pair of latents. */
export function movementColumns({ latents }: View): MovementColumn[] {
  return latents.flatMap((first, from) =>
    latents.flatMap((second, to): MovementColumn[] => {
      if (from === to) return [];
      const name = `movement ${first.name} to ${second.name}`;
      return [{ column: { name, kind: "number", min: 0, max: 1, latent: from }, from, to }];
    }),
  );
}

/** Milliseconds of work between two breaths of the page. */
const BREATH = 12;

/**
 * How far each point moves otherwise than its neighbours: with d the way of a point from the first picture to the second, after registration, and N its k nearest points in the first picture,
 * |d - mean of d over N|, in widths of the picture. A cluster that moves as a whole has 0 inside, a point that leaves it has what it moves away. NaN without a place in both. Cost n log n.
 *
 * @param from places in the first picture
 * @param to places in the second, registered to the first
 * @throws AbortError
 */
export async function movement(
  from: Float32Array,
  to: Float32Array,
  k: number = MOVEMENT_NEIGHBORS,
  watch: { readonly signal?: AbortSignal; readonly onProgress?: (share: number) => void } = {},
): Promise<Float32Array> {
  const n = from.length / 2;
  const out = new Float32Array(n).fill(Number.NaN);
  const tree = Int32Array.from({ length: n }, (_, i) => i).filter(
    (i) => isPlaced(from, i) && isPlaced(to, i),
  );
  plantTree(tree, from);
  const count = Math.max(0, Math.min(k, tree.length - 1));
  const found = { ids: new Int32Array(count), squares: new Float64Array(count) };
  let began = performance.now();
  // In the order of the tree: neighbours one after the other find each other in the same memory.
  for (const [at, i] of tree.entries()) {
    nearInPlane(tree, from, i, found);
    let [x, y] = [0, 0];
    for (const j of found.ids) {
      x += to[2 * j]! - from[2 * j]!;
      y += to[2 * j + 1]! - from[2 * j + 1]!;
    }
    const divisor = Math.max(1, count);
    out[i] = Math.hypot(
      to[2 * i]! - from[2 * i]! - x / divisor,
      to[2 * i + 1]! - from[2 * i + 1]! - y / divisor,
    );
    if (at % 256 !== 0 || performance.now() - began < BREATH) continue;
    watch.onProgress?.(at / tree.length);
    await new Promise((resolve) => setTimeout(resolve));
    watch.signal?.throwIfAborted();
    began = performance.now();
  }
  return out;
}

/** The rows with the largest values, the largest first; what has none is left out. */
export function largest(values: Float32Array, count: number): number[] {
  const best: number[] = [];
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    if (Number.isNaN(value) || (best.length === count && value <= values[best.at(-1)!]!)) continue;
    const at = best.findIndex((other) => values[other]! < value);
    best.splice(at < 0 ? best.length : at, 0, row);
    if (best.length > count) best.pop();
  }
  return best;
}
