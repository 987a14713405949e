import { mean } from "../../base/index.ts";
import { slotRow, slotsOf } from "../../neighbors/index.ts";
import type { Comparison, Ranked } from "../compare.ts";
import type { Score } from "../result.ts";
import { largestPenalty, nullTrust } from "./null.ts";
import { meanScore } from "./sampling.ts";

/**
 * Class-aware trustworthiness: trustworthiness that counts false neighbours of another class only, with the same divisor (Colange et al. 2020). 1 = no false
 * neighbour that would be taken for one of the class.
 *
 * Chance: what shuffled rows lose to other classes, from the ranks of at most 1,000 landmarks seen from 250 of them, as shares of all rows: to about 1 %. Null without classes.
 */
export function classTrustworthiness(comparison: Comparison): Score | null {
  const local = classPenalty(comparison, comparison.ranks?.x, (own, other) => own !== other);
  return local && meanScore(comparison, local, { ideal: 1, null: nullFalse(comparison), range: [0, 1] });
}

/**
 * Class-aware continuity: continuity that counts missing neighbours of the row's own class only (Colange et al. 2020). 1 = no row of the class was torn away. Chance: the
 * penalty of shuffled rows times the share of neighbours of the original that are of a row's own class.
 */
export function classContinuity(comparison: Comparison): Score | null {
  const isOwn = (own: number, other: number) => own === other;
  const local = classPenalty(comparison, comparison.ranks?.z, isOwn);
  if (!local) return null;
  const { layout, k, neighbors, classes } = comparison;
  const of = classes!.classes;
  const own = new Float64Array(slotsOf(layout)).map((_, slot) => {
    const near = neighbors!.x.ids.subarray(slot * k, (slot + 1) * k);
    return near.filter((j) => of[j] === of[slotRow(layout, slot)]).length / k;
  });
  const chance = 1 - mean(own) * (1 - nullTrust(comparison));
  return meanScore(comparison, local, { ideal: 1, null: chance, range: [0, 1] });
}

/** Each slot's share: 1 less the ranks beyond k of ranked rows whose class counts, over the most that all can have. */
function classPenalty(
  { classes, layout, k }: Comparison,
  ranked: Ranked | undefined,
  counts: (own: number, other: number) => boolean,
): Float64Array | null {
  if (!classes) return null;
  const { ids, ranks } = ranked!;
  const of = classes.classes;
  return new Float64Array(slotsOf(layout)).map((_, slot) => {
    const own = of[slotRow(layout, slot)]!;
    let penalty = 0;
    for (let q = slot * k; q < (slot + 1) * k; q++) {
      if (counts(own, of[ids[q]!]!)) penalty += Math.max(0, ranks[q]! - k);
    }
    return 1 - penalty / largestPenalty(layout.rows, k);
  });
}

/** Landmarks that the ranks of all are seen from. */
const OBSERVERS = 250;

/** What trustworthiness of classes is expected to be once rows are shuffled: a neighbour of the latent is then any row. */
function nullFalse({ classes, landmarks, layout, k }: Comparison): number {
  const { rows, x } = landmarks!;
  const m = rows.length;
  const ratio = (layout.rows - 1) / (m - 1);
  const beyond = (rank: number) => Math.max(0, rank * ratio - k);
  const of = rows.map((row) => classes!.classes[row]!);
  let all = 0;
  for (let rank = 1; rank < m; rank++) all += beyond(rank);
  const observers = Math.min(m, OBSERVERS);
  const penalties = Array.from({ length: observers }, (_, o) => {
    const i = Math.floor((o * m) / observers);
    const others = x.slice(i * m, (i + 1) * m);
    let count = 0;
    const own = new Float64Array(m);
    for (let j = 0; j < m; j++) if (j !== i && of[j] === of[i]) own[count++] = others[j]!;
    // The row itself goes to the end.
    others[i] = Number.POSITIVE_INFINITY;
    others.sort();
    let [at, penalty] = [0, all];
    for (const length of own.subarray(0, count).sort()) {
      while (others[at]! < length) at++;
      penalty -= beyond(++at);
    }
    return penalty / (m - 1);
  });
  return 1 - (k * mean(penalties)) / largestPenalty(layout.rows, k);
}
