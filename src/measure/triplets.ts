import type { Rng } from "../base/index.ts";
import { exactOrder, measuresAnyPair, type Space, slotRow, slotsOf } from "../neighbors/index.ts";
import type { SweptEvidence } from "./compare.ts";
import type { StudyOptions } from "./studies.ts";

/** How rows see two others, in both spaces. */
export interface TripletEvidence {
  /** Of each triplet, in order: -1 where the second row is the nearer to the first, 1 where the third is, 0 where both are as near. */
  readonly x: Int8Array;
  readonly z: Int8Array;
  /** How many in a row share their first row; 1 where each is drawn by itself. */
  readonly each: number;
}

/** Triplets drawn. */
const TRIPLETS = 40_000;

/**
 * Draws triplets of rows and looks which of two is the nearer: independently, with replacement, of all rows, whether an audit is exact or not. Geodesics are
 * known from anchors alone: there each anchor is the first of as many. Cost: 80,000 (d_x + d_z).
 */
export async function gatherTriplets(
  { spaces, layout }: SweptEvidence,
  { rng, once }: StudyOptions,
): Promise<TripletEvidence> {
  const { x, z } = spaces;
  const free = measuresAnyPair(x, z);
  const each = free ? 1 : Math.ceil(TRIPLETS / slotsOf(layout));
  const count = free ? TRIPLETS : each * slotsOf(layout);
  // The same in each latent.
  const random = rng.split("tripletAccuracy");
  const first = (t: number) => (free ? random.integer(layout.rows) : slotRow(layout, Math.floor(t / each)));
  const triplets = Array.from({ length: count }, (_, t) => drawn(first(t), layout.rows, random));
  const nearer = async (space: Space) => {
    const order = exactOrder(space, space);
    return Int8Array.from(triplets, ([i, j, k]) => Math.sign(order(i, j) - order(i, k)));
  };
  return { x: await once(x, `triplets by ${each}`, () => nearer(x)), z: await nearer(z), each };
}

/** Row i and two different others. */
function drawn(i: number, rows: number, random: Rng): readonly [number, number, number] {
  const second = random.integer(rows - 1);
  const j = second < i ? second : second + 1;
  const [low, high] = i < j ? [i, j] : [j, i];
  let k = random.integer(rows - 2);
  if (k >= low) k++;
  if (k >= high) k++;
  return [i, j, k];
}
