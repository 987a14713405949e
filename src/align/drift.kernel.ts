import { quantile, type Rng, rng } from "../base/index.ts";
import type { Kernel } from "../engine/index.ts";
import {
  exactOrder,
  type Layout,
  lengthOf,
  type Neighbors,
  type Space,
  slotRow,
} from "../neighbors/index.ts";

/** Set-up of a look at where each slot stands among its neighbours, before and after. */
export interface DriftSetup {
  readonly before: Space;
  readonly after: Space;
  readonly layout: Layout;
  readonly near: { readonly before: Neighbors; readonly after: Neighbors };
  /** c: what is taken out of distances after. */
  readonly scale: number;
  /** Distances before, below which two rows are at the same place. */
  readonly floor: number;
  /** Region of each row; null: all are one. */
  readonly groups: Int32Array | null;
  readonly seed: number;
}

/** Numbers per slot, and where each lies. */
export const ROW = { moved: 0, chance: 1, stretch: 2 } as const;
export const ROW_WIDTH = 3;

/** Rows of other regions that each slot is measured to. */
export const FAR = 16;

/** Neighbours whose pairs tell how much a neighbourhood grew. */
export const PAIRED = 12;

/** Draws before a row of another region is given up. */
const MOST_DRAWS = 64;

/** Of a range of slots. */
export interface DriftPart {
  /** `slots x ROW_WIDTH`, natural logarithms. */
  readonly rows: Float64Array;
  /** `slots x FAR` logarithms of distances to rows of other regions, before and after. NaN where there is none. */
  readonly farBefore: Float32Array;
  readonly farAfter: Float32Array;
}

/** A task is a range of slots. What is drawn for a row depends on the seed and its number alone. */
export async function open(setup: DriftSetup): Promise<Kernel<readonly [number, number], DriftPart, null>> {
  const { layout, seed } = setup;
  const lengths = openLengths(setup);
  const random = rng(seed).split("drift");
  return {
    async run([start, end]) {
      const count = end - start;
      const rows = new Float64Array(count * ROW_WIDTH);
      const farBefore = new Float32Array(count * FAR).fill(Number.NaN);
      const farAfter = farBefore.slice();
      for (let slot = start; slot < end; slot++) {
        const own = random.split(`row ${slotRow(layout, slot)}`);
        rows.set(lookAt(setup, lengths, slot, own), (slot - start) * ROW_WIDTH);
        lookFar(setup, lengths, slot, own, (slot - start) * FAR, farBefore, farAfter);
      }
      return { rows, farBefore, farAfter };
    },
    finish: () => null,
  };
}

/** Logarithms of the distance of two rows, before and after; short ones count as the floor. */
interface Lengths {
  before(i: number, j: number): number;
  after(i: number, j: number): number;
}

function openLengths({ before, after, scale, floor }: DriftSetup): Lengths {
  const of = (space: Space, least: number) => {
    const order = exactOrder(space, space);
    return (i: number, j: number) => Math.log(Math.max(least, lengthOf(order(i, j), space)));
  };
  return { before: of(before, floor), after: of(after, floor * scale) };
}

/**
 * Median |ln stretch| over the neighbours before and after, the same were the row at the place of another one, and the median ln(d' / c d) towards the
 * neighbours before.
 */
function lookAt(setup: DriftSetup, lengths: Lengths, slot: number, random: Rng): number[] {
  const { near, layout, scale, before } = setup;
  const i = slotRow(layout, slot);
  const ln = Math.log(scale);
  const listOf = ({ ids, k }: Neighbors) => ids.subarray(slot * k, (slot + 1) * k);
  const [old, now] = [listOf(near.before), listOf(near.after)];
  const growth = agreed(growthOf(old, lengths) - ln, growthOf(now, lengths) - ln);
  const stretches: number[] = [];
  const moves: number[] = [];
  const chances: number[] = [];
  for (const j of old) {
    const from = lengths.before(i, j) + ln;
    const to = lengths.after(i, j);
    stretches.push(to - from);
    moves.push(Math.abs(to - from - growth));
    chances.push(Math.abs(lengths.after(another(random, before.rows, j), j) - from));
  }
  for (const j of now) {
    const to = lengths.after(i, j) - ln;
    if (!old.includes(j)) moves.push(Math.abs(to - lengths.before(i, j) - growth));
    chances.push(Math.abs(to - lengths.before(another(random, before.rows, j), j)));
  }
  return [median(moves), median(chances), median(stretches)];
}

/** Median ln(d' / d) over the pairs of some neighbours, the row itself left out; of the nearest where they are many. */
function growthOf(near: Int32Array, { before, after }: Lengths): number {
  const few = near.subarray(0, PAIRED);
  const logs: number[] = [];
  for (let a = 0; a < few.length; a++) {
    for (let b = 0; b < a; b++) logs.push(after(few[a]!, few[b]!) - before(few[a]!, few[b]!));
  }
  return logs.length === 0 ? Number.NaN : median(logs);
}

/** What two numbers agree on (minmod): the one nearer to 0, and 0 where they have different signs. One that is none agrees on nothing. */
function agreed(a: number, b: number): number {
  return a * b > 0 ? Math.sign(a) * Math.min(Math.abs(a), Math.abs(b)) : 0;
}

/** Distances to rows of other regions. */
function lookFar(
  { groups, layout, before }: DriftSetup,
  lengths: Lengths,
  slot: number,
  random: Rng,
  at: number,
  farBefore: Float32Array,
  farAfter: Float32Array,
): void {
  const i = slotRow(layout, slot);
  for (let f = 0; f < FAR; f++) {
    let j = another(random, before.rows, i);
    for (let draw = 1; groups && groups[j] === groups[i] && draw < MOST_DRAWS; draw++) {
      j = another(random, before.rows, i);
    }
    if (groups && groups[j] === groups[i]) return;
    farBefore[at + f] = lengths.before(i, j);
    farAfter[at + f] = lengths.after(i, j);
  }
}

/** Any row but this one. */
function another(random: Rng, rows: number, row: number): number {
  const drawn = random.integer(rows - 1);
  return drawn < row ? drawn : drawn + 1;
}

function median(values: readonly number[]): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}
