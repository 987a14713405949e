import { type Neighbors, slotsOf } from "../../neighbors/index.ts";
import type { Comparison, Ranked } from "../compare.ts";
import type { Score } from "../result.ts";
import { largestPenalty, largestRankError, nullRankError, nullRecall, nullTrust } from "./null.ts";
import { meanScore } from "./sampling.ts";

/**
 * Trustworthiness: are the neighbours in the latent space true ones? 1 = yes, about 0.5 at random.
 *
 * T(k) = 1 - 2 / (n k (2n - 3k - 1)) sum_i sum_{j in N_Z(i)} max(0, r_X(i, j) - k), with r_X(i, j) the rank of j among
 * the neighbours of i in the original (Venna & Kaski 2001, eq. 4). Equal distances rank by row number.
 */
export function trustworthiness(comparison: Comparison): Score {
  const known = { ideal: 1, null: nullTrust(comparison), range: [0, 1] } as const;
  return meanScore(comparison, localTrust(comparison), known);
}

/** Continuity: are the neighbours in the original kept? Trustworthiness with the two spaces exchanged. */
export function continuity(comparison: Comparison): Score {
  const known = { ideal: 1, null: nullTrust(comparison), range: [0, 1] } as const;
  return meanScore(comparison, localContinuity(comparison), known);
}

/**
 * Mean overlap of the k nearest neighbours in both spaces: |N_X(i) & N_Z(i)| / k. 1 = the same, k / (n - 1) at random. As a comparison of representations
 * this is mutual kNN (Huh et al. 2024).
 */
export function neighborRecall(comparison: Comparison): Score {
  const known = { ideal: 1, null: nullRecall(comparison), range: [0, 1] } as const;
  return meanScore(comparison, localRecall(comparison), known);
}

/**
 * Local continuity meta-criterion: neighbourhood overlap less that of chance, |N_X(i) & N_Z(i)| / k - k / (n - 1), mean over i
 * (Chen & Buja 2009, eq. 3.1). 1 - k / (n - 1) = the same neighbours, 0 at random.
 */
export function lcmc(comparison: Comparison): Score {
  const chance = nullRecall(comparison);
  const known = { ideal: 1 - chance, null: 0, range: [-chance, 1 - chance] } as const;
  const local = localRecall(comparison).map((recall) => recall - chance);
  return meanScore(comparison, local, known);
}

/**
 * Mean relative rank error of the neighbours shown: sum over the k latent neighbours j of i of |r_X(i, j) - r_Z(i, j)| / r_Z(i, j),
 * over its largest value, mean over i (Lee & Verleysen 2009, W_n). 0 = all ranks kept. (ZADU gives 1 less this.)
 */
export function mrreFalse(comparison: Comparison): Score {
  const { ranks, neighbors } = comparison;
  return rankError(comparison, ranks!.x, neighbors!.z);
}

/** Mean relative rank error of the true neighbours: the same with the two spaces exchanged (W_v). */
export function mrreMissing(comparison: Comparison): Score {
  const { ranks, neighbors } = comparison;
  return rankError(comparison, ranks!.z, neighbors!.x);
}

/** `own`: the neighbours in one space, nearest first; `ranked`: the same rows, ranked in the other. */
function rankError(comparison: Comparison, ranked: Ranked, own: Neighbors): Score {
  const { layout, k } = comparison;
  const largest = largestRankError(layout.rows, k);
  const local = new Float64Array(slotsOf(layout)).map((_, slot) => {
    const near = own.ids.subarray(slot * k, (slot + 1) * k);
    let error = 0;
    for (let q = slot * k; q < (slot + 1) * k; q++) {
      const rank = near.indexOf(ranked.ids[q]!) + 1;
      error += Math.abs(ranked.ranks[q]! - rank) / rank;
    }
    return error / largest;
  });
  const known = { ideal: 0, null: nullRankError(comparison), range: [0, 1] } as const;
  return meanScore(comparison, local, known);
}

/**
 * Where the nearest neighbour of the original went: its rank in the latent, mean over all rows. 1 = it is still the nearest, n / 2 at random. Between
 * 1 and n - 1; a few rows whose neighbour was torn away raise it. Equal distances rank by row number.
 */
export function firstNeighborRank(comparison: Comparison): Score {
  const { ranks, neighbors, layout, k } = comparison;
  const { ids, ranks: inLatent } = ranks!.z;
  const local = new Float64Array(slotsOf(layout)).map((_, slot) => {
    const first = neighbors!.x.ids[slot * k]!;
    return inLatent[ids.indexOf(first, slot * k)]!;
  });
  const known = { ideal: 1, null: layout.rows / 2, range: [1, Number.POSITIVE_INFINITY] } as const;
  return meanScore(comparison, local, known);
}

/** Each slot's share of trustworthiness: their mean is the score. */
export function localTrust({ ranks, layout, k }: Comparison): Float64Array {
  return rankPenalty(ranks!.x.ranks, layout.rows, k);
}

/** Each slot's share of continuity. */
export function localContinuity({ ranks, layout, k }: Comparison): Float64Array {
  return rankPenalty(ranks!.z.ranks, layout.rows, k);
}

function rankPenalty(ranks: Int32Array, n: number, k: number): Float64Array {
  const local = new Float64Array(ranks.length / k);
  const worst = largestPenalty(n, k);
  for (let slot = 0; slot < local.length; slot++) {
    let penalty = 0;
    for (let q = slot * k; q < (slot + 1) * k; q++) penalty += Math.max(0, ranks[q]! - k);
    local[slot] = 1 - penalty / worst;
  }
  return local;
}

/** Each slot's overlap of neighbourhoods, 0..1. */
export function localRecall(comparison: Comparison): Float64Array {
  return new Float64Array(slotsOf(comparison.layout)).map((_, slot) => recallOf(comparison, slot));
}

/** The overlap of the neighbourhoods of one slot, 0..1. */
export function recallOf({ neighbors, k }: Comparison, slot: number): number {
  const { x, z } = neighbors!;
  const near = x.ids.subarray(slot * k, (slot + 1) * k);
  let shared = 0;
  for (let q = slot * k; q < (slot + 1) * k; q++) if (near.includes(z.ids[q]!)) shared++;
  return shared / k;
}
