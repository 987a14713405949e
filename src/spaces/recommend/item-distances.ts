import { rng, sharedFloat32 } from "../../base/index.ts";
import { chord, largest, openCosines } from "./co-preference.ts";
import { type Interactions, itemCounts, type Row, type SparseRows, sparseRows } from "./interactions.ts";

/** Pairs of each item: its nearest by co-preference, and as many drawn at random. */
const NEAR = 10;
const FAR = 10;

/** Items with fewer users have no distance to speak of, and stay free. */
export const LEAST_USERS = 5;

/** Pairs of items whose co-preference distances their vectors are to keep; each pair lies in the rows of both. */
export interface ItemPairs {
  /** The other item, and the weight of the pair. */
  readonly pairs: SparseRows;
  /** Their chord, in step with `pairs.columns`. On shared memory. */
  readonly chords: Float32Array;
}

/** What pulls on items: their pairs, where they are now, and the scale of distances. */
export interface DistancePull extends ItemPairs {
  /** W. */
  readonly strength: number;
  readonly scale: number;
  /** `items x d`. On shared memory. */
  readonly current: Float64Array;
}

/**
 * Draws pairs: for each item of at least 5 users the 10 nearest by co-preference and 10 at random. A pair of items of n_a and n_b users, in k_a and k_b pairs, weighs
 * sqrt(n_a n_b / (k_a k_b)): all pairs of an item together about as much as its users.
 */
export function drawItemPairs(interactions: Interactions, seed: number): ItemPairs {
  const counts = itemCounts(interactions);
  const known = Array.from(counts.keys()).filter((i) => counts[i]! >= LEAST_USERS);
  const cosinesOf = openCosines(interactions, 0);
  const random = rng(seed).split("item pairs");
  const rows = Array.from(counts, () => new Map<number, number>());
  for (const a of known) {
    const { items, cosines } = cosinesOf(a);
    const near = largest(
      items.filter((i) => counts[i]! >= LEAST_USERS),
      cosines,
      NEAR,
    );
    const far = Array.from({ length: FAR }, () => known[random.integer(known.length)]!);
    for (const b of [...near, ...far]) {
      if (b === a) continue;
      rows[a]!.set(b, cosines[b]!);
      rows[b]!.set(a, cosines[b]!);
    }
  }
  const share = (a: number) => counts[a]! / rows[a]!.size;
  const pairs = sparseRows(
    rows.map((row, a): Row => [...row.keys()].map((b) => [b, Math.sqrt(share(a) * share(b))])),
  );
  const chords = sharedFloat32(pairs.columns.length);
  let p = 0;
  for (const row of rows) for (const cosine of row.values()) chords[p++] = chord(cosine);
  return { pairs, chords };
}

/**
 * The pull on one item: adds to its normal equations what keeps its distances, gives the shift of their diagonal and writes the right-hand side.
 *
 * Raw stress W sum w_ab (|y_a - y_b| - s c_ab)^2 over pairs of chords c_ab is no quadratic. Two bounds, equal at the current places v, make one of it that falls into a sum over items:
 * |y_a - y_b| >= (y_a - y_b) . u_ab with u_ab = (v_a - v_b) / |v_a - v_b| (Cauchy and Schwarz; SMACOF, de Leeuw 1977), and
 * |y_a - y_b|^2 <= 2 |y_a - m|^2 + 2 |y_b - m|^2 with m = (v_a + v_b) / 2 (de Pierro 1995). Its minimum over y_a alone solves
 *
 *     (A_a + 2 W sum_b w_ab I) y_a = rhs_a + W sum_b w_ab (v_a + v_b + s c_ab u_ab)
 *
 * with A_a and rhs_a those of ALS. So every item stays closed form, all items may move at once, and no sweep raises the loss.
 */
export function pullOf(pull: DistancePull, item: number, d: number, right: Float64Array): number {
  const { pairs, chords, current, strength, scale } = pull;
  const at = item * d;
  let sum = 0;
  right.fill(0);
  for (let p = pairs.starts[item]!; p < pairs.starts[item + 1]!; p++) {
    const other = pairs.columns[p]! * d;
    const weight = strength * pairs.weights[p]!;
    const length = lengthBetween(current, at, other, d);
    // Items in one place are pushed nowhere.
    const push = length > 0 ? (scale * chords[p]!) / length : 0;
    for (let k = 0; k < d; k++) {
      const [v, w] = [current[at + k]!, current[other + k]!];
      right[k]! += weight * (v + w + push * (v - w));
    }
    sum += weight;
  }
  return 2 * sum;
}

/** The scale s that fits best, sum w c |y_a - y_b| / sum w c^2, and the raw stress sum w (|y_a - y_b| - s c)^2 that is left, each pair once. */
export function fitScale(
  { pairs, chords }: ItemPairs,
  factors: Float64Array,
  d: number,
): { scale: number; stress: number } {
  let [squares, products, targets] = [0, 0, 0];
  for (let a = 0; a + 1 < pairs.starts.length; a++) {
    for (let p = pairs.starts[a]!; p < pairs.starts[a + 1]!; p++) {
      const b = pairs.columns[p]!;
      if (b < a) continue;
      const weight = pairs.weights[p]!;
      const length = lengthBetween(factors, a * d, b * d, d);
      squares += weight * length ** 2;
      products += weight * length * chords[p]!;
      targets += weight * chords[p]! ** 2;
    }
  }
  if (targets === 0) return { scale: 0, stress: squares };
  return { scale: products / targets, stress: squares - products ** 2 / targets };
}

function lengthBetween(factors: Float64Array, a: number, b: number, d: number): number {
  let sum = 0;
  for (let k = 0; k < d; k++) sum += (factors[a + k]! - factors[b + k]!) ** 2;
  return Math.sqrt(sum);
}
